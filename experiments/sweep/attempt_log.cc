// SPDX-License-Identifier: MIT
#include "experiments/sweep/attempt_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace snclr {
namespace {

constexpr char kFailed[] = "failed";
constexpr char kForgiven[] = "forgiven";

}  // namespace

AttemptLog::AttemptLog(const std::string& path) : path_(path) {
  std::ifstream stream(path);
  std::string line;
  while (std::getline(stream, line)) {
    const auto json =
        nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) continue;
    const auto text = [&](const char* name) {
      const auto field = json.find(name);
      return field != json.end() && field->is_string()
                 ? field->get<std::string>()
                 : std::string();
    };
    Count({text("hash"), text("outcome"), text("reason")});
  }
}

absl::Status AttemptLog::Add(const Attempt& attempt) {
  Count(attempt);
  nlohmann::ordered_json json;
  json["hash"] = attempt.hash;
  json["outcome"] = attempt.outcome;
  if (!attempt.reason.empty()) json["reason"] = attempt.reason;
  if (attempt.threads > 0) json["threads"] = attempt.threads;
  // Begins with a line's end: what a crash cut off stays a line of its own.
  const std::string line = absl::StrCat(
      "\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
      "\n");
  const int file =
      open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  const bool written = file >= 0 &&
                       write(file, line.data(), line.size()) ==
                           static_cast<ssize_t>(line.size()) &&
                       fsync(file) == 0;
  const int why = errno;
  if (file >= 0) close(file);
  if (written) return absl::OkStatus();
  return absl::ErrnoToStatus(why, absl::StrCat("cannot write ", path_));
}

void AttemptLog::Count(const Attempt& attempt) {
  Counted& trial = trials_[attempt.hash];
  if (attempt.outcome == kFailed) {
    ++trial.failures;
    trial.reason = attempt.reason;
  } else if (attempt.outcome == kForgiven) {
    trial.failures = 0;
  }
}

int AttemptLog::Failures(const std::string& hash) const {
  const auto trial = trials_.find(hash);
  return trial == trials_.end() ? 0 : trial->second.failures;
}

std::string AttemptLog::LastReason(const std::string& hash) const {
  const auto trial = trials_.find(hash);
  return trial == trials_.end() ? "" : trial->second.reason;
}

}  // namespace snclr
