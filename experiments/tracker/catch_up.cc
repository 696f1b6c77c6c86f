// SPDX-License-Identifier: MIT
#include "experiments/tracker/catch_up.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/tracker/boot_id.h"
#include "experiments/tracker/ingest.h"
#include "experiments/tracker/run_folder.h"
#include "experiments/tracker/run_log.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

struct OpenRun {
  int64_t id = 0;
  std::string folder;
  std::string boot_id;
  double heartbeat_at = 0;
  double heartbeat_seconds = 0;
};

absl::StatusOr<std::vector<OpenRun>> OpenRuns(const Database& database,
                                              const char* condition) {
  ASSIGN_OR_RETURN(Statement select,
                   database.Prepare(absl::StrCat(
                       "SELECT id, folder, COALESCE(boot_id, ''),"
                       " COALESCE(heartbeat_at, 0), heartbeat_seconds FROM runs"
                       " LEFT JOIN logs ON run_id = id AND file = ? WHERE ",
                       condition)));
  std::vector<OpenRun> runs;
  for (select.Query(kRunLogName); select.Next();) {
    runs.push_back({select.Int(0),
                    AbsoluteRunFolder(database.path(), select.Text(1)),
                    select.Text(2), select.Real(3), select.Real(4)});
  }
  RETURN_IF_ERROR(select.status());
  return runs;
}

// The runs, of any status, whose log of evaluations has grown.
absl::StatusOr<std::vector<OpenRun>> EvaluatedRuns(const Database& database) {
  ASSIGN_OR_RETURN(
      Statement select,
      database.Prepare("SELECT id, folder, COALESCE(offset, 0) FROM runs"
                       " LEFT JOIN logs ON run_id = id AND file = ?"));
  std::vector<OpenRun> runs;
  for (select.Query(kEvaluationLogName); select.Next();) {
    OpenRun run;
    run.id = select.Int(0);
    run.folder = AbsoluteRunFolder(database.path(), select.Text(1));
    std::error_code error;
    const auto bytes = std::filesystem::file_size(
        absl::StrCat(run.folder, "/", kEvaluationLogName), error);
    if (error || static_cast<int64_t>(bytes) == select.Int(2)) continue;
    runs.push_back(std::move(run));
  }
  RETURN_IF_ERROR(select.status());
  return runs;
}

// One bad log must not hide the other runs.
void AddWarnings(const absl::StatusOr<std::vector<std::string>>& ingested,
                 std::vector<std::string>* warnings) {
  if (ingested.ok()) {
    warnings->insert(warnings->end(), ingested->begin(), ingested->end());
  } else if (!absl::IsNotFound(ingested.status())) {
    warnings->emplace_back(ingested.status().message());
  }
}

bool IsLost(const OpenRun& run, absl::Time now) {
  const std::string log = absl::StrCat(run.folder, "/", kRunLogName);
  const absl::StatusOr<bool> held = IsRunLogHeld(log);
  if (held.ok() && *held) return false;
  if (held.ok() && !run.boot_id.empty() && run.boot_id == BootId()) return true;
  const double age =
      absl::ToDoubleSeconds(now - absl::UnixEpoch()) - run.heartbeat_at;
  return age > kLostAfterHeartbeats * run.heartbeat_seconds;
}

// Only if nothing was heard of it since it was looked at.
absl::Status MarkLost(Database& database, const OpenRun& run) {
  ASSIGN_OR_RETURN(
      Statement update,
      database.Prepare("UPDATE runs SET status = 'interrupted',"
                       " reason = 'its process is gone',"
                       " ended_at = heartbeat_at WHERE id = ? AND"
                       " status = 'running' AND heartbeat_at IS ?"));
  return update.Run(run.id, run.heartbeat_at);
}

}  // namespace

absl::StatusOr<CaughtUp> CatchUp(Database& database, absl::Time now,
                                 bool writable) {
  CaughtUp result;
  if (writable) {
    ASSIGN_OR_RETURN(
        const std::vector<OpenRun> open_runs,
        OpenRuns(database, "status IN ('running', 'interrupted')"));
    for (const OpenRun& run : open_runs) {
      AddWarnings(IngestRunLog(database, run.id, run.folder), &result.warnings);
    }
    ASSIGN_OR_RETURN(const std::vector<OpenRun> evaluated,
                     EvaluatedRuns(database));
    for (const OpenRun& run : evaluated) {
      AddWarnings(IngestEvaluationLog(database, run.id, run.folder),
                  &result.warnings);
    }
  }
  ASSIGN_OR_RETURN(const std::vector<OpenRun> running,
                   OpenRuns(database, "status = 'running'"));
  for (const OpenRun& run : running) {
    if (!IsLost(run, now)) continue;
    result.lost.insert(run.id);
    if (!writable) continue;
    const absl::Status status = MarkLost(database, run);
    if (!status.ok()) result.warnings.emplace_back(status.message());
  }
  return result;
}

}  // namespace snclr
