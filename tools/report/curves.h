// SPDX-License-Identifier: MIT
// Learning curves of a report, as the page draws them.
#ifndef TOOLS_REPORT_CURVES_H_
#define TOOLS_REPORT_CURVES_H_

#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/tracker/tracker.h"
#include "tools/report/report_groups.h"

namespace snclr {

// Groups whose curves are drawn, the best of the first metric first; more
// colours than this nobody tells apart. Groups without a value come last.
inline constexpr size_t kMaxDrawnGroups = 8;
std::vector<size_t> DrawnGroups(const ReportGroups& groups);

// Every metric that was recorded more than once in a drawn group's run, the
// report's own first:
//
//   [{ metric, x: "epoch" or "step", recorded, shown, lines_left_out,
//      groups: [{ group, x: [], mean: [], deviation: [] }],
//      lines:  [{ run, group, counted, x: [], y: [] }] }]
//
// `groups` are means over the counted runs (line_points.h) where there are
// several. A line has at most 500 points, fewer where there are very many
// lines; `recorded` and `shown` count the points of all lines. Of one group at
// most 25 lines are drawn.
absl::StatusOr<nlohmann::json> Curves(const Tracker& tracker,
                                      const ReportGroups& groups,
                                      const std::vector<size_t>& drawn);

}  // namespace snclr

#endif  // TOOLS_REPORT_CURVES_H_
