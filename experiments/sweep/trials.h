// SPDX-License-Identifier: MIT
// A sweep's trials with their resolved specs.
#ifndef EXPERIMENTS_SWEEP_TRIALS_H_
#define EXPERIMENTS_SWEEP_TRIALS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/sweep/expand.h"
#include "experiments/sweep/sweep_file.h"

namespace snclr {

struct Trial {
  std::vector<std::pair<std::string, std::string>> labels;  // axis, value
  uint64_t seed = 0;
  int configuration = 0;  // equal for trials that differ in the seed only
  ExperimentSpec spec;    // resolved
  std::string hash;       // of the spec: what the trial is
};

// "snclr.neighbors=5 seed=2".
std::string TrialName(const Trial& trial);

struct TrialList {
  std::vector<Trial> trials;       // each hash once
  std::vector<std::string> notes;  // trials that are the same run as another
};

// Resolves and validates every trial. InvalidArgument lists what is wrong with
// any of them, each problem once with the trials that have it:
//
//   a.textproto:7:20: snclr.neighbors: must be at least 0, is -1
//     (snclr.neighbors=-1 seed=1 and 2 more)        (without this line break)
absl::StatusOr<TrialList> MakeTrials(const SweepFile& file,
                                     const std::vector<std::string>& extra);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_TRIALS_H_
