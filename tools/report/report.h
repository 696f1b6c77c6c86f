// SPDX-License-Identifier: MIT
// What //tools:report does.
#ifndef TOOLS_REPORT_REPORT_H_
#define TOOLS_REPORT_REPORT_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "tools/report/report_groups.h"

namespace snclr {

// Writes the page to `out_path`, whole or not at all, and a line about it to
// `out`. NotFound where there is no database, InvalidArgument for an option
// that does not fit, and what writing says.
absl::Status WriteReport(const ReportOptions& options,
                         const std::string& out_path, std::ostream& out);

}  // namespace snclr

#endif  // TOOLS_REPORT_REPORT_H_
