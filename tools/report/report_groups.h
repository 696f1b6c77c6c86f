// SPDX-License-Identifier: MIT
// The runs of a report in groups, and what their numbers say of each other.
#ifndef TOOLS_REPORT_REPORT_GROUPS_H_
#define TOOLS_REPORT_REPORT_GROUPS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/tracker/tracker.h"
#include "tools/compare/comparison.h"
#include "tools/report/spec_diff.h"

namespace snclr {

struct ReportOptions {
  std::string db_path;               // absolute
  std::vector<std::string> metrics;  // lists with commas; none: DefaultMetrics
  std::vector<std::string> where;    // as //tools:compare takes it
  std::string group_by;  // with commas; empty: by the whole spec but the seed
  std::string value = "last";  // which of a metric's values counts
  // A condition, "method=moco_v3"; empty: the first group that has several
  // finished runs, or else one.
  std::string baseline;
};

// knn_top1, then every other top-1 but the untrained encoder's, then the loss.
// Where there is none of these, the first name there is.
std::vector<std::string> DefaultMetrics(const std::vector<std::string>& names);

// One for each group, as short as tells them apart: "snclr, neighbors=5".
// Groups without a counted run do not make the others' labels longer.
std::vector<std::string> GroupLabels(const std::vector<std::string>& columns,
                                     const std::vector<Group>& groups);

// Groups hold their unfinished runs as left out: in no mean, but in sight.
struct ReportGroups {
  Comparison comparison;            // the first metric decides
  std::vector<std::string> labels;  // of each group
  std::vector<Parameters> specs;    // of each run
  std::vector<std::string> cautions;
};

// InvalidArgument names the flag that does not fit. No runs is no error.
absl::StatusOr<ReportGroups> GroupRuns(const Tracker& tracker,
                                       const ReportOptions& options);

}  // namespace snclr

#endif  // TOOLS_REPORT_REPORT_GROUPS_H_
