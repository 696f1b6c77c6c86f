// SPDX-License-Identifier: MIT
// All that a report shows, as one JSON object: what the page is filled with,
// and what the board serves at /api/report.
#ifndef TOOLS_REPORT_REPORT_DATA_H_
#define TOOLS_REPORT_REPORT_DATA_H_

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/tracker/tracker.h"
#include "tools/report/report_groups.h"

namespace snclr {

//   { generated (seconds since 1970), source, where: [], value,
//     questions: [{ text, names: [] }], answer, cautions: [], warnings: [],
//     metrics: [{ name, lower_is_better }], group_by: [], baseline,
//     groups: [{ label, keys, runs: [], left_out: [],
//                metrics: [{ n, mean, deviation, low, high,
//                            difference: { mean, low, high, p, test } }],
//                cost: { images_per_second, peak_memory_mib, seconds } }],
//     drawn: [group], curves (curves.h), ablations: [{ field, values,
//     series: [{ label, points: [{ value, group }] }] }], runs (run_details.h),
//     snapshots: [snapshot_reader.h, and run], snapshots_left_out (groups
//     that have some and are one too many) }
//
// Numbers that are none are null; texts are UTF-8 but otherwise as they were
// recorded: whoever shows them must escape them. InvalidArgument names the
// option that does not fit.
absl::StatusOr<nlohmann::json> MakeReportData(const Tracker& tracker,
                                              const ReportOptions& options,
                                              absl::Time now);

}  // namespace snclr

#endif  // TOOLS_REPORT_REPORT_DATA_H_
