// SPDX-License-Identifier: MIT
// From the tracker to the runs that are compared, each with one value for each
// metric.
#ifndef TOOLS_COMPARE_SELECT_H_
#define TOOLS_COMPARE_SELECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/tracker/tracker.h"
#include "tools/compare/condition.h"
#include "tools/compare/statistics.h"

namespace snclr {

// Which of a metric's values stands for a run.
struct ValueChoice {
  enum class Kind { kLast, kBest, kMean };
  Kind kind = Kind::kLast;
  int64_t count = 1;  // kMean: over this many last ones
};

// "last", "best" or "mean:K".
absl::StatusOr<ValueChoice> ParseValueChoice(absl::string_view text);

// Whether the lowest value of a metric is its best, by a word in its name:
// loss, error, seconds and their kin.
bool IsLowerBetter(absl::string_view metric);

// "the lowest" and the like, for the reader of a table.
std::string Describe(const ValueChoice& choice, const std::string& metric);

struct SelectedRun {
  RunRecord record;
  std::vector<std::string> keys;  // a value for each column of the grouping
  std::vector<std::optional<double>> metrics;  // none: the run does not have it
};

// How runs become rows.
enum class GroupingKind {
  kRuns,    // one by one
  kFields,  // by the values of group_by
  kSpec,    // by everything in their specs but the seed
};

struct Query {
  std::vector<std::string> metrics;
  GroupingKind grouping = GroupingKind::kSpec;
  std::vector<std::string> group_by;  // with kFields
  std::vector<Condition> where;
  ValueChoice value;
  std::vector<Condition> baseline;  // what its runs fit; empty: none
  bool ablation = false;            // with kSpec
  double confidence = kDefaultConfidence;
};

// The runs for which all conditions hold, oldest first, with their keys if they
// are grouped by fields. InvalidArgument for a
// field or a metric that no run has; where there are no runs at all, any name
// will do.
absl::StatusOr<std::vector<SelectedRun>> Select(const Tracker& tracker,
                                                const Query& query);

}  // namespace snclr

#endif  // TOOLS_COMPARE_SELECT_H_
