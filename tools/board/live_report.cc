// SPDX-License-Identifier: MIT
#include "tools/board/live_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/tracker.h"
#include "snclr/core/base/fingerprint.h"
#include "snclr/core/base/status_macros.h"
#include "tools/report/report_data.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

constexpr int kRestPerWork = 5;

std::string Text(const Json& data) {
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<LiveAnswer> LiveReport::Read() const {
  ASSIGN_OR_RETURN(const auto tracker, Tracker::Open(options_.db_path));
  const absl::Time now = absl::Now();
  ASSIGN_OR_RETURN(Json data, MakeReportData(*tracker, options_, now));
  data["generated"] = 0;
  const std::string tag =
      absl::StrCat("\"", Fingerprint().Add(Text(data)).Hex(), "\"");
  data["generated"] = absl::ToUnixSeconds(now);
  return LiveAnswer{std::make_shared<const std::string>(Text(data)), tag};
}

absl::StatusOr<LiveAnswer> LiveReport::Get() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const absl::Time begin = absl::Now();
  if (begin < good_until_) return answer_;
  answer_ = Read();
  const absl::Time end = absl::Now();
  good_until_ = end + std::max(refresh_, kRestPerWork * (end - begin));
  return answer_;
}

}  // namespace snclr
