// SPDX-License-Identifier: MIT
// Successive halving as a function of what has been measured: asked again after
// a restart, it gives the same answers.
#ifndef EXPERIMENTS_SWEEP_HALVING_H_
#define EXPERIMENTS_SWEEP_HALVING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace snclr {

// One trial as halving sees it.
struct HalvingTrial {
  int configuration = 0;
  uint64_t seed = 0;
  // Per rung, the metric there; none: not measured (yet).
  std::vector<std::optional<double>> at_rung;
  bool ended = false;  // finished, or given up: no further value will come
};

struct HalvingVerdict {
  // To be trained up to this rung; rungs.size() is the end. -1: stopped early.
  int target = 0;
  int stopped_at = -1;  // the rung, for a stopped one
  // For a stopped one: "37.5, the mean of 3 seeds, is 3rd of 4 at rung 1".
  std::string why;
};

struct HalvingRule {
  int rungs = 0;
  bool maximize = true;
  double keep = 0.5;
};

// A rung is decided when each trial that takes part has a value there or has
// ended. Configurations count with the mean over the seeds that each of them
// has a value for; one without any value at a rung is not compared and goes on.
// Where the configurations have no seed in common nobody is stopped. Equal
// values: the configuration that comes first in the sweep goes on.
std::vector<HalvingVerdict> Halve(const std::vector<HalvingTrial>& trials,
                                  const HalvingRule& rule);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_HALVING_H_
