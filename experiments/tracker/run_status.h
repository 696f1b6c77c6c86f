// SPDX-License-Identifier: MIT
// The words for a run's status in the database and on the screen.
#ifndef EXPERIMENTS_TRACKER_RUN_STATUS_H_
#define EXPERIMENTS_TRACKER_RUN_STATUS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "experiments/tracker/recorder.h"

namespace snclr {

// "running", "finished", "failed", "stopped", "interrupted".
inline std::string RunStatusName(RunStatus status) {
  switch (status) {
    case RunStatus::kRunning:
      return "running";
    case RunStatus::kFinished:
      return "finished";
    case RunStatus::kFailed:
      return "failed";
    case RunStatus::kStopped:
      return "stopped";
    case RunStatus::kInterrupted:
      return "interrupted";
  }
  return "running";
}

inline std::optional<RunStatus> RunStatusFromName(absl::string_view name) {
  for (const RunStatus status :
       {RunStatus::kRunning, RunStatus::kFinished, RunStatus::kFailed,
        RunStatus::kStopped, RunStatus::kInterrupted}) {
    if (name == RunStatusName(status)) return status;
  }
  return std::nullopt;
}

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_RUN_STATUS_H_
