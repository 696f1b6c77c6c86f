// SPDX-License-Identifier: MIT
// What one event of a run's log changes in the tables of schema.h.
#ifndef EXPERIMENTS_TRACKER_APPLY_EVENT_H_
#define EXPERIMENTS_TRACKER_APPLY_EVENT_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/tracker/database.h"
#include "experiments/tracker/metric_series.h"
#include "experiments/tracker/run_event.pb.h"

namespace snclr {

// Whose events are applied: the run's own, which say how it stands, or those of
// an evaluation of its checkpoints, of which only metrics, artifacts and notes
// count.
enum class EventScope { kRun, kEvaluation };

// Applies events in order, inside one transaction of `database`, which must
// outlive it. Call Flush before the commit.
class EventApplier {
 public:
  static absl::StatusOr<EventApplier> Create(
      Database& database, int64_t run_id, EventScope scope = EventScope::kRun);

  absl::Status Apply(const RunEvent& event);

  // Writes what was gathered: summaries of metrics, the heartbeat.
  absl::Status Flush();

 private:
  EventApplier(Database& database, int64_t run_id, EventScope scope,
               MetricSeries series)
      : database_(&database),
        run_id_(run_id),
        scope_(scope),
        series_(std::move(series)) {}

  absl::Status Start(double time, const RunEvent::Start& start);
  absl::Status Parameters(const RunEvent::Start& start);
  absl::Status Lineage(double time, const RunEvent::Start& start);
  absl::Status Metrics(double time, const RunEvent::Metrics& metrics);
  absl::Status Artifact(double time, const RunEvent::Artifact& artifact);
  absl::Status Note(double time, const RunEvent::Note& note);
  absl::Status EvaluationNote(double time, const RunEvent::Note& note);
  absl::Status Finish(double time, const RunEvent::Finish& finish);

  template <typename... Values>
  absl::Status Run(const char* sql, const Values&... values) {
    auto statement = database_->Prepare(sql);
    if (!statement.ok()) return statement.status();
    return statement->Run(values...);
  }

  Database* database_;
  int64_t run_id_;
  EventScope scope_;
  MetricSeries series_;
  double last_time_ = 0;   // of any event; 0: none yet
  bool is_alive_ = false;  // the last event was no end
  bool has_metrics_ = false;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_APPLY_EVENT_H_
