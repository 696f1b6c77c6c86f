// SPDX-License-Identifier: MIT
// The runs of a report in groups, and what their numbers say of each other.
#ifndef TOOLS_REPORT_GROUPING_H_
#define TOOLS_REPORT_GROUPING_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/tracker/tracker.h"
#include "tools/compare/aggregate.h"
#include "tools/compare/select.h"
#include "tools/compare/statistics.h"
#include "tools/report/spec_diff.h"

namespace snclr {

struct ReportOptions {
  std::string db_path;               // absolute
  std::vector<std::string> metrics;  // lists with commas; none: DefaultMetrics
  std::vector<std::string> where;    // as //tools:compare takes it
  std::string group_by;              // with commas; empty: DefaultGroupBy
  std::string value = "last";        // which of a metric's values counts
  std::string baseline;  // a condition, "method=moco_v3"; empty: the first
                         // group that has several finished runs
};

// knn_top1, then every other top-1 but the untrained encoder's, then the loss.
// Where there is none of these, the first name there is.
std::vector<std::string> DefaultMetrics(const std::vector<std::string>& names);

// The method, and every field that decides numbers and varies among the runs of
// one method. Fields that differ between methods only are no axis: the cautions
// name them.
std::vector<std::string> DefaultGroupBy(const std::vector<RunRecord>& runs,
                                        const std::vector<Parameters>& specs);

// One for each group, as short as tells them apart: "snclr, neighbors=5".
// Groups without a counted run do not make the others' labels longer.
std::vector<std::string> GroupLabels(const std::vector<std::string>& group_by,
                                     const std::vector<Group>& groups);

struct Grouping {
  std::vector<std::string> metrics;  // the first one decides
  std::vector<std::string> group_by;
  std::vector<SelectedRun> runs;  // all that were selected, oldest first
  std::vector<Parameters> specs;  // of each of `runs`
  std::vector<Group> groups;
  std::vector<std::string> labels;  // of each group
  std::optional<size_t> baseline;   // none where nothing can be compared
  // By group and metric, against the baseline; p-values by Holm's correction
  // over the groups.
  std::vector<std::vector<Difference>> differences;
  std::vector<std::vector<std::optional<double>>> adjusted_p;
  std::vector<std::string> cautions;
};

// Fills differences and adjusted_p from groups and baseline.
void CompareGroups(Grouping* grouping);

// InvalidArgument names the flag that does not fit. No runs is no error.
absl::StatusOr<Grouping> GroupRuns(const Tracker& tracker,
                                   const ReportOptions& options);

}  // namespace snclr

#endif  // TOOLS_REPORT_GROUPING_H_
