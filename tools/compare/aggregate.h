// SPDX-License-Identifier: MIT
// Runs into groups, with the statistics of each metric.
#ifndef TOOLS_COMPARE_AGGREGATE_H_
#define TOOLS_COMPARE_AGGREGATE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tools/compare/select.h"
#include "tools/compare/statistics.h"

namespace snclr {

// A group against the baseline, in one metric.
struct BaselineDifference {
  Difference difference;
  std::optional<double> p_holm;  // over all groups that are compared in it
  // Whether chance is ruled out: p_holm is below 1 - confidence.
  bool told_apart = false;
};

struct Group {
  std::vector<std::string> keys;  // a value for each column of the grouping
  std::vector<size_t> counted;    // indices of runs, oldest first
  std::vector<size_t> left_out;
  bool is_unfinished = false;  // a single run that has not finished
  // Over the counted runs, for each metric: those that have it, and their
  // statistics.
  std::vector<Sample> samples;
  std::vector<Statistic> metrics;
  // For each metric, where there is a baseline and this group is another one
  // that can be held against it; else empty.
  std::vector<BaselineDifference> differences;

  // Any of its runs: equal in all keys.
  size_t AnyRun() const { return counted.empty() ? left_out[0] : counted[0]; }
};

// What becomes of runs that have not finished: a mean over runs of unequal
// length says nothing.
enum class Unfinished {
  kLeftOut,  // named, but in no mean
  kAlone,    // each a group of its own, after the others of its keys
  kCounted,  // the user has chosen runs by status
};

// One group for each combination of keys, sorted by them: numbers by size
// before texts, a missing value last.
std::vector<Group> Aggregate(const std::vector<SelectedRun>& runs,
                             Unfinished unfinished,
                             double confidence = kDefaultConfidence);

}  // namespace snclr

#endif  // TOOLS_COMPARE_AGGREGATE_H_
