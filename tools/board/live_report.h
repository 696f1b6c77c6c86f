// SPDX-License-Identifier: MIT
// The newest report as JSON, read from the tracker no oftener than it has to
// be.
#ifndef TOOLS_BOARD_LIVE_REPORT_H_
#define TOOLS_BOARD_LIVE_REPORT_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/report/report_groups.h"

namespace snclr {

struct LiveAnswer {
  std::shared_ptr<const std::string> json;
  std::string tag;  // changes when the report does, but for its time
};

// Thread-safe.
class LiveReport {
 public:
  // An answer is kept for `refresh`, and for five times as long as it took to
  // make: readers of a large tracker must not slow the runs that write it.
  LiveReport(ReportOptions options, absl::Duration refresh)
      : options_(std::move(options)), refresh_(refresh) {}

  // What the tracker holds now or held a moment ago; what opening it or
  // MakeReportData says.
  absl::StatusOr<LiveAnswer> Get();

 private:
  absl::StatusOr<LiveAnswer> Read() const;

  const ReportOptions options_;
  const absl::Duration refresh_;
  std::mutex mutex_;  // one reads, the others wait for what it finds
  absl::StatusOr<LiveAnswer> answer_ = absl::UnavailableError("not read yet");
  absl::Time good_until_ = absl::InfinitePast();
};

}  // namespace snclr

#endif  // TOOLS_BOARD_LIVE_REPORT_H_
