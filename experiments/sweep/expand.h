// SPDX-License-Identifier: MIT
// From a sweep's file to the list of its trials.
#ifndef EXPERIMENTS_SWEEP_EXPAND_H_
#define EXPERIMENTS_SWEEP_EXPAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/proto/spec.h"
#include "experiments/sweep/sweep_file.h"

namespace snclr {

// What makes one trial: a spec file and what is set on top of it, in order.
struct TrialRecipe {
  std::string spec_file;
  std::string spec_place;  // where the sweep names that file
  std::vector<PlacedAssignment> assignments;

  // Axis and value, for tables; the seed is apart.
  std::vector<std::pair<std::string, std::string>> labels;
  std::optional<uint64_t> seed;  // none: the spec's own
  int configuration = 0;  // equal for trials that differ in the seed only
};

// The axes' combinations, the last axis fastest, times the drawn points; then
// the listed trials; each with every seed. `extra` are --set flags: they come
// last, on every trial ("name=..." renames the sweep). InvalidArgument where
// one of them sets what the sweep varies, or there are too many trials.
absl::StatusOr<std::vector<TrialRecipe>> Expand(
    const SweepFile& file, const std::vector<std::string>& extra);

// The sweep's name, which --set=name=... replaces.
std::string SweepName(const SweepFile& file,
                      const std::vector<std::string>& extra);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_EXPAND_H_
