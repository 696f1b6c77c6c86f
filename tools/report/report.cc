// SPDX-License-Identifier: MIT
#include "tools/report/report.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "experiments/tracker/tracker.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/status_macros.h"
#include "tools/report/page.h"
#include "tools/report/report_data.h"

namespace snclr {

absl::Status WriteReport(const ReportOptions& options,
                         const std::string& out_path, std::ostream& out) {
  const auto tracker = Tracker::Open(options.db_path);
  if (absl::IsNotFound(tracker.status())) {
    return absl::NotFoundError(
        absl::StrCat(tracker.status().message(),
                     "; --db names the database of another output folder"));
  }
  RETURN_IF_ERROR(tracker.status());
  ASSIGN_OR_RETURN(const nlohmann::json data,
                   MakeReportData(**tracker, options, absl::Now()));
  const std::string page = ReportPage(data);
  RETURN_IF_ERROR(WriteFileAtomically(out_path, page));
  const size_t runs = data["runs"].size();
  out << absl::StrFormat("%s: %d %s, %.1f MB, to be opened in a browser\n",
                         out_path, runs, runs == 1 ? "run" : "runs",
                         static_cast<double>(page.size()) / 1e6);
  return absl::OkStatus();
}

}  // namespace snclr
