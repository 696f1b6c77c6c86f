// SPDX-License-Identifier: MIT
// The flags that say what a report is about, of //tools:report and
// //tools:board.
#ifndef TOOLS_REPORT_REPORT_FLAGS_H_
#define TOOLS_REPORT_REPORT_FLAGS_H_

#include <vector>

#include "snclr/core/base/command_line.h"
#include "tools/report/report_groups.h"

namespace snclr {

// For ParseCommandLine: --metric and --where.
std::vector<RepeatableFlag> ReportFlags();

// Those, and --runs, --db, --group_by, --value and --baseline.
ReportOptions ReportOptionsFromFlags(const CommandLine& line);

}  // namespace snclr

#endif  // TOOLS_REPORT_REPORT_FLAGS_H_
