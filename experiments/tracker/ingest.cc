// SPDX-License-Identifier: MIT
#include "experiments/tracker/ingest.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/tracker/apply_event.h"
#include "experiments/tracker/run_folder.h"
#include "experiments/tracker/run_log.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// One of the logs in a run's folder.
struct LogFile {
  const char* name;
  EventScope scope;
};
constexpr LogFile kRunLog = {kRunLogName, EventScope::kRun};
constexpr LogFile kEvaluationLog = {kEvaluationLogName,
                                    EventScope::kEvaluation};

// How far a log has been brought in.
struct Progress {
  int64_t log_id = 0;
  int64_t offset = 0;
};

absl::StatusOr<Progress> ReadProgress(const Database& database, int64_t run_id,
                                      const LogFile& file) {
  ASSIGN_OR_RETURN(
      Statement select,
      database.Prepare(
          "SELECT log_id, offset FROM logs WHERE run_id = ? AND file = ?"));
  Progress progress;
  select.Query(run_id, file.name);
  if (select.Next()) progress = {select.Int(0), select.Int(1)};
  RETURN_IF_ERROR(select.status());
  return progress;
}

absl::Status WriteProgress(Database& database, int64_t run_id,
                           const LogFile& file, const Progress& progress) {
  ASSIGN_OR_RETURN(
      Statement upsert,
      database.Prepare(
          "INSERT INTO logs (run_id, file, log_id, offset) VALUES (?, ?, ?, ?)"
          " ON CONFLICT DO UPDATE SET log_id = excluded.log_id,"
          " offset = excluded.offset"));
  return upsert.Run(run_id, file.name, progress.log_id, progress.offset);
}

absl::Status ApplyPart(Database& database, int64_t run_id, EventScope scope,
                       const std::string& log_path, const LogPart& part,
                       std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(EventApplier applier,
                   EventApplier::Create(database, run_id, scope));
  RunEvent event;
  for (const std::string& record : part.records) {
    if (!event.ParseFromString(record)) {
      return absl::DataLossError(
          absl::StrCat(log_path, ": a record is whole but no event"));
    }
    RETURN_IF_ERROR(applier.Apply(event));
  }
  RETURN_IF_ERROR(applier.Flush());
  for (const LogDamage& damage : part.damages) {
    warnings->push_back(absl::StrCat(log_path, ": ", damage.bytes,
                                     " bytes from byte ", damage.offset,
                                     " on are damaged and were skipped"));
    RunEvent note;
    note.set_time(event.time());
    note.mutable_note()->set_text(warnings->back());
    RETURN_IF_ERROR(applier.Apply(note));
  }
  return absl::OkStatus();
}

// Brings in one part; false where nothing was left.
absl::StatusOr<bool> IngestPart(Database& database, int64_t run_id,
                                const LogFile& file,
                                const std::string& log_path,
                                std::vector<std::string>* warnings) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  ASSIGN_OR_RETURN(Progress progress, ReadProgress(database, run_id, file));
  ASSIGN_OR_RETURN(LogPart part, ReadRunLog(log_path, progress.offset));
  if (part.id == 0) return false;
  const auto log_id = static_cast<int64_t>(part.id);
  if (log_id != progress.log_id) {
    // Another log stands in the place of the one that was known.
    ASSIGN_OR_RETURN(part, ReadRunLog(log_path, 0));
  } else if (part.next == progress.offset) {
    return false;
  }
  RETURN_IF_ERROR(
      WriteProgress(database, run_id, file, Progress{log_id, part.next}));
  RETURN_IF_ERROR(
      ApplyPart(database, run_id, file.scope, log_path, part, warnings));
  RETURN_IF_ERROR(transaction.Commit());
  return !part.at_end;
}

absl::StatusOr<std::vector<std::string>> Ingest(Database& database,
                                                int64_t run_id,
                                                const LogFile& file,
                                                const std::string& folder) {
  std::vector<std::string> warnings;
  const std::string log_path = absl::StrCat(folder, "/", file.name);
  // Most looks find nothing new, and then take no lock.
  ASSIGN_OR_RETURN(const Progress progress,
                   ReadProgress(database, run_id, file));
  ASSIGN_OR_RETURN(const LogPart part,
                   ReadRunLog(log_path, progress.offset, 1 << 12));
  if (static_cast<int64_t>(part.id) == progress.log_id &&
      part.next == progress.offset) {
    return warnings;
  }
  bool has_more = true;
  while (has_more) {
    std::vector<std::string> new_warnings;
    ASSIGN_OR_RETURN(
        has_more, IngestPart(database, run_id, file, log_path, &new_warnings));
    warnings.insert(warnings.end(), new_warnings.begin(), new_warnings.end());
  }
  return warnings;
}

}  // namespace

absl::StatusOr<int64_t> RegisterRun(Database& database,
                                    const std::string& folder) {
  const std::string stored = StoredRunFolder(database.path(), folder);
  ASSIGN_OR_RETURN(Statement select,
                   database.Prepare("SELECT id FROM runs WHERE folder = ?"));
  ASSIGN_OR_RETURN(
      Statement insert,
      database.Prepare("INSERT OR IGNORE INTO runs (folder) VALUES (?)"));
  for (const bool is_retry : {false, true}) {
    if (is_retry) {
      RETURN_IF_ERROR(insert.Run(stored));
    }
    select.Query(stored);
    if (select.Next()) return select.Int(0);
    RETURN_IF_ERROR(select.status());
  }
  return absl::InternalError(
      absl::StrCat(database.path(), ": no row for ", stored));
}

absl::Status RewindTo(Database& database, int64_t run_id, int64_t end) {
  ASSIGN_OR_RETURN(Statement update,
                   database.Prepare("UPDATE logs SET offset = MIN(offset, ?)"
                                    " WHERE run_id = ? AND file = ?"));
  return update.Run(end, run_id, kRunLogName);
}

absl::StatusOr<std::vector<std::string>> IngestRunLog(
    Database& database, int64_t run_id, const std::string& folder) {
  return Ingest(database, run_id, kRunLog, folder);
}

absl::StatusOr<std::vector<std::string>> IngestEvaluationLog(
    Database& database, int64_t run_id, const std::string& folder) {
  return Ingest(database, run_id, kEvaluationLog, folder);
}

}  // namespace snclr
