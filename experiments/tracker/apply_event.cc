// SPDX-License-Identifier: MIT
#include "experiments/tracker/apply_event.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/run_status.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

absl::StatusOr<EventApplier> EventApplier::Create(Database& database,
                                                  int64_t run_id,
                                                  EventScope scope) {
  ASSIGN_OR_RETURN(MetricSeries series, MetricSeries::Create(database, run_id));
  return EventApplier(database, run_id, scope, std::move(series));
}

absl::Status EventApplier::Apply(const RunEvent& event) {
  const double time = event.time();
  if (scope_ == EventScope::kEvaluation) {
    switch (event.what_case()) {
      case RunEvent::kMetrics:
        return Metrics(time, event.metrics());
      case RunEvent::kArtifact:
        return Artifact(time, event.artifact());
      case RunEvent::kNote:
        return EvaluationNote(time, event.note());
      default:
        return absl::OkStatus();
    }
  }
  last_time_ = std::max(last_time_, time);
  is_alive_ = event.what_case() != RunEvent::kFinish;
  switch (event.what_case()) {
    case RunEvent::kStart:
      return Start(time, event.start());
    case RunEvent::kMetrics:
      return Metrics(time, event.metrics());
    case RunEvent::kArtifact:
      return Artifact(time, event.artifact());
    case RunEvent::kNote:
      return Note(time, event.note());
    case RunEvent::kFinish:
      return Finish(time, event.finish());
    case RunEvent::WHAT_NOT_SET:
      break;  // a heartbeat
  }
  return absl::OkStatus();
}

absl::Status EventApplier::Start(double time, const RunEvent::Start& start) {
  RETURN_IF_ERROR(
      Run("INSERT OR IGNORE INTO experiments (name, created_at) VALUES (?, ?)",
          start.name(), time));
  RETURN_IF_ERROR(
      Run("UPDATE runs SET run = ?, method = ?, seed = ?, question = ?,"
          " experiment_id = (SELECT id FROM experiments WHERE name = ?),"
          " status = 'running', reason = '', ended_at = NULL,"
          " heartbeat_seconds = ? WHERE id = ?",
          start.run(), start.method(), static_cast<int64_t>(start.seed()),
          start.question(), start.name(), start.heartbeat_seconds(), run_id_));
  RETURN_IF_ERROR(
      Run("UPDATE runs SET spec_text = ?, spec_hash = ?, data_fingerprint = ?,"
          " host = ?, device = ?, git_commit = ?, git_diff = ? WHERE id = ?",
          start.spec_text(), start.spec_hash(), start.data_fingerprint(),
          start.host(), start.device(), start.git_commit(), start.git_diff(),
          run_id_));
  const bool is_fresh = start.resumed_at_step() < 0;
  RETURN_IF_ERROR(Run(is_fresh ? "UPDATE runs SET started_at = ? WHERE id = ?"
                               : "UPDATE runs SET started_at ="
                                 " COALESCE(started_at, ?) WHERE id = ?",
                      time, run_id_));
  RETURN_IF_ERROR(
      Run("UPDATE logs SET boot_id = ? WHERE run_id = ? AND file = ?",
          start.boot_id(), run_id_, kRunLogName));
  RETURN_IF_ERROR(Parameters(start));
  RETURN_IF_ERROR(Lineage(time, start));
  // What a killed process did after the checkpoint is about to be done again.
  has_metrics_ = true;
  RETURN_IF_ERROR(Run("DELETE FROM notes WHERE run_id = ? AND step > ?",
                      run_id_, start.resumed_at_step()));
  // That takes evaluations of later checkpoints along: they come in again.
  RETURN_IF_ERROR(
      Run("UPDATE logs SET offset = 0 WHERE run_id = ? AND file = ?", run_id_,
          kEvaluationLogName));
  return series_.RemoveAfter(start.resumed_at_step());
}

absl::Status EventApplier::Parameters(const RunEvent::Start& start) {
  RETURN_IF_ERROR(Run("DELETE FROM parameters WHERE run_id = ?", run_id_));
  ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare("INSERT INTO parameters (run_id, path, value, number)"
                         " VALUES (?, ?, ?, ?)"));
  for (const auto& [path, value] : start.parameters()) {
    double number;
    RETURN_IF_ERROR(absl::SimpleAtod(value, &number)
                        ? insert.Run(run_id_, path, value, number)
                        : insert.Run(run_id_, path, value, nullptr));
  }
  return absl::OkStatus();
}

absl::Status EventApplier::Lineage(double time, const RunEvent::Start& start) {
  ASSIGN_OR_RETURN(
      Statement insert,
      database_->Prepare(
          "INSERT INTO starts (run_id, number, started_at, resumed_at_step,"
          " host, device, git_commit) VALUES (?1, (SELECT COUNT(*) + 1 FROM"
          " starts WHERE run_id = ?1), ?2, ?3, ?4, ?5, ?6)"));
  if (start.resumed_at_step() < 0) {
    return insert.Run(run_id_, time, nullptr, start.host(), start.device(),
                      start.git_commit());
  }
  return insert.Run(run_id_, time, start.resumed_at_step(), start.host(),
                    start.device(), start.git_commit());
}

absl::Status EventApplier::Metrics(double time,
                                   const RunEvent::Metrics& metrics) {
  has_metrics_ = true;
  const int count = std::min(metrics.names_size(), metrics.values_size());
  for (int i = 0; i < count; ++i) {
    RETURN_IF_ERROR(series_.Add(metrics.names(i), metrics.step(),
                                metrics.epoch(), time, metrics.values(i)));
  }
  return absl::OkStatus();
}

absl::Status EventApplier::Artifact(double time,
                                    const RunEvent::Artifact& artifact) {
  return Run(
      "INSERT OR REPLACE INTO artifacts (run_id, path, kind, bytes, checksum,"
      " time) VALUES (?, ?, ?, ?, ?, ?)",
      run_id_, artifact.path(), artifact.kind(), artifact.bytes(),
      artifact.checksum(), time);
}

absl::Status EventApplier::Note(double time, const RunEvent::Note& note) {
  return Run("INSERT INTO notes (run_id, step, time, text) VALUES (?, ?, ?, ?)",
             run_id_, note.step(), time, note.text());
}

// A log of evaluations may be brought in more than once.
absl::Status EventApplier::EvaluationNote(double time,
                                          const RunEvent::Note& note) {
  RETURN_IF_ERROR(
      Run("DELETE FROM notes WHERE run_id = ? AND step = ? AND time = ? AND"
          " text = ?",
          run_id_, note.step(), time, note.text()));
  return Note(time, note);
}

absl::Status EventApplier::Finish(double time, const RunEvent::Finish& finish) {
  // A word that only a newer program knows is still an end.
  const bool is_known = RunStatusFromName(finish.status()).has_value();
  return Run(
      "UPDATE runs SET status = ?, reason = ?, ended_at = ? WHERE id = ?",
      is_known ? finish.status() : RunStatusName(RunStatus::kStopped),
      finish.reason(), time, run_id_);
}

absl::Status EventApplier::Flush() {
  RETURN_IF_ERROR(series_.Flush());
  if (last_time_ == 0) return absl::OkStatus();
  RETURN_IF_ERROR(
      Run("UPDATE runs SET heartbeat_at = MAX(COALESCE(heartbeat_at, 0), ?)"
          " WHERE id = ?",
          last_time_, run_id_));
  if (has_metrics_) {
    RETURN_IF_ERROR(Run(
        "UPDATE runs SET last_step = (SELECT MAX(last_step) FROM series WHERE"
        " run_id = ?1) WHERE id = ?1",
        run_id_));
  }
  if (!is_alive_) return absl::OkStatus();
  return Run(
      "UPDATE runs SET status = 'running', reason = '', ended_at = NULL"
      " WHERE id = ? AND status = 'interrupted'",
      run_id_);
}

}  // namespace snclr
