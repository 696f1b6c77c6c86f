// SPDX-License-Identifier: MIT
#include "experiments/tracker/record_evaluation.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/tracker/database.h"
#include "experiments/tracker/ingest.h"
#include "experiments/tracker/run_event.pb.h"
#include "experiments/tracker/run_folder.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/schema.h"
#include "snclr/core/base/logging.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// How long another evaluation of the same run, or a busy database, is waited
// for.
constexpr absl::Duration kPatience = absl::Seconds(30);

struct Run {
  int64_t id = 0;
  std::string run;
  std::string spec_hash;
};

absl::StatusOr<Run> FindRun(const Database& database,
                            const std::string& folder) {
  ASSIGN_OR_RETURN(Statement select,
                   database.Prepare("SELECT id, run, spec_hash FROM runs"
                                    " WHERE folder = ? AND"
                                    " started_at IS NOT NULL"));
  select.Query(StoredRunFolder(database.path(), folder));
  if (select.Next()) return Run{select.Int(0), select.Text(1), select.Text(2)};
  RETURN_IF_ERROR(select.status());
  return absl::NotFoundError(
      absl::StrCat(database.path(), ": has no run of the folder ", folder));
}

// The epoch of a step, as the run's own metrics tell it; 0 where there are
// none.
absl::StatusOr<double> EpochOf(const Database& database, int64_t run_id,
                               int64_t step) {
  ASSIGN_OR_RETURN(
      Statement select,
      database.Prepare(
          "SELECT points.step, epoch FROM points JOIN series ON"
          " series.id = series_id WHERE run_id = ? AND points.step > 0 AND"
          " epoch > 0 ORDER BY points.step DESC LIMIT 1"));
  select.Query(run_id);
  double epoch = 0;
  if (select.Next()) {
    epoch = select.Real(1) * static_cast<double>(step) /
            static_cast<double>(select.Int(0));
  }
  RETURN_IF_ERROR(select.status());
  return epoch;
}

std::vector<std::string> EventsOf(const EvaluationRecord& record,
                                  double epoch) {
  RunEvent metrics, note;
  metrics.set_time(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  metrics.mutable_metrics()->set_step(record.step);
  metrics.mutable_metrics()->set_epoch(epoch);
  for (const MetricValue& value : record.metrics) {
    metrics.mutable_metrics()->add_names(value.name);
    metrics.mutable_metrics()->add_values(value.value);
  }
  std::vector<std::string> events = {metrics.SerializeAsString()};
  if (record.note.empty()) return events;
  note.set_time(metrics.time());
  note.mutable_note()->set_step(record.step);
  note.mutable_note()->set_text(record.note);
  events.push_back(note.SerializeAsString());
  return events;
}

}  // namespace

bool IsRunFolder(const std::string& folder) {
  std::error_code error;
  return std::filesystem::exists(absl::StrCat(folder, "/", kRunLogName), error);
}

absl::StatusOr<std::string> RecordEvaluation(const std::string& db_path,
                                             const EvaluationRecord& record) {
  // For reading first: a name that is wrong must not make a file.
  RETURN_IF_ERROR(Database::Open(db_path, OpenMode::kRead).status());
  ASSIGN_OR_RETURN(Database database,
                   Database::Open(db_path, OpenMode::kWrite, kPatience));
  RETURN_IF_ERROR(Migrate(database));
  ASSIGN_OR_RETURN(const Run run, FindRun(database, record.run_folder));
  if (run.spec_hash != record.spec_hash) {
    return absl::FailedPreconditionError(
        absl::StrCat("the checkpoint lies in the folder of ", run.run,
                     ", but is of another spec (", record.spec_hash,
                     ", the run's is ", run.spec_hash, ")"));
  }
  ASSIGN_OR_RETURN(const double epoch, EpochOf(database, run.id, record.step));
  {
    ASSIGN_OR_RETURN(
        RunLog log,
        RunLog::Open(absl::StrCat(record.run_folder, "/", kEvaluationLogName),
                     kPatience));
    RETURN_IF_ERROR(log.Append(EventsOf(record, epoch)));
    RETURN_IF_ERROR(log.Sync());
  }
  const auto warnings =
      IngestEvaluationLog(database, run.id, record.run_folder);
  if (absl::IsUnavailable(warnings.status())) return run.run;
  RETURN_IF_ERROR(warnings.status());
  for (const std::string& warning : *warnings) LOG(WARNING) << warning;
  return run.run;
}

}  // namespace snclr
