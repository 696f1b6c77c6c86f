// SPDX-License-Identifier: MIT
// Every run of a report, failed and interrupted ones too.
#ifndef TOOLS_REPORT_RUN_DETAILS_H_
#define TOOLS_REPORT_RUN_DETAILS_H_

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "experiments/tracker/tracker.h"
#include "tools/report/report_groups.h"

namespace snclr {

// [{ run, name, method, seed, status, reason, question, folder, host, device,
//    commit, dirty, started, seconds (null while it runs), last_step,
//    resumed: [step], group,
//    fields: { path: value } of the fields that groups are made by,
//    metrics: { name: last value },
//    difference: [{ path, value, common }], what its spec has otherwise than
//    most
//                of the report's runs; neither seed nor neutral fields,
//    notes: [{ step, text }], artifacts: [{ kind, path, bytes }] }]
//
// in the order of the runs. Artifacts' paths are below the run's folder.
absl::StatusOr<nlohmann::json> RunDetails(const Tracker& tracker,
                                          const ReportGroups& groups);

}  // namespace snclr

#endif  // TOOLS_REPORT_RUN_DETAILS_H_
