// SPDX-License-Identifier: MIT
// Runs into groups: count, mean and sample standard deviation of each metric.
#ifndef TOOLS_COMPARE_AGGREGATE_H_
#define TOOLS_COMPARE_AGGREGATE_H_

#include <string>
#include <vector>

#include "tools/compare/select.h"
#include "tools/compare/statistics.h"

namespace snclr {

struct Group {
  std::vector<std::string> keys;  // a value for each group_by field
  std::vector<SelectedRun> counted;
  std::vector<SelectedRun> left_out;
  std::vector<Statistic> metrics;  // over the counted runs
};

// One group for each combination of keys, sorted by them: numbers by size
// before texts, a missing value last. A run counts if it has finished, or if
// `any_status`: a mean over runs of unequal length says nothing.
std::vector<Group> Aggregate(const std::vector<SelectedRun>& runs,
                             bool any_status);

}  // namespace snclr

#endif  // TOOLS_COMPARE_AGGREGATE_H_
