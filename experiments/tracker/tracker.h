// SPDX-License-Identifier: MIT
// Reading what ran: the database as of now, with what running and killed
// processes have left in their logs.
//
//   ASSIGN_OR_RETURN(auto tracker, Tracker::Open("runs/tracker.sqlite"));
//   ASSIGN_OR_RETURN(const auto runs, tracker->Runs({.name = "quickstart"}));
//   ASSIGN_OR_RETURN(const auto loss, tracker->Series(runs[0].id, "loss"));
#ifndef EXPERIMENTS_TRACKER_TRACKER_H_
#define EXPERIMENTS_TRACKER_TRACKER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/tracker/database.h"
#include "experiments/tracker/recorder.h"

namespace snclr {

// "<out>/tracker.sqlite": where commands look unless --db says otherwise.
std::string DefaultTrackerPath(const std::string& out);

struct RunRecord {
  int64_t id = 0;  // in this database
  std::string run;
  std::string folder;  // absolute
  std::string name;
  std::string method;
  uint64_t seed = 0;
  RunStatus status = RunStatus::kRunning;
  std::string reason;
  std::string question;
  std::string spec_hash;
  std::string data_fingerprint;
  std::string host;
  std::string device;
  std::string git_commit;
  bool has_git_diff = false;  // uncommitted changes
  absl::Time started;
  absl::Time ended;        // InfiniteFuture while running
  absl::Time heartbeat;    // last sign of life
  int64_t last_step = -1;  // -1: no metric yet
};

// Empty fields do not restrict.
struct RunFilter {
  std::string name;
  std::string method;
  std::optional<RunStatus> status;
};

struct MetricPoint {
  int64_t step;
  double epoch;
  double value;
  absl::Time time;
};

struct MetricSummary {
  int64_t points = 0;
  int64_t last_step = 0;
  double last_value = 0;  // NaN where it is no number; so are the others
  double min_value = 0;
  double max_value = 0;
};

// One process that worked at a run.
struct RunStart {
  absl::Time started;
  int64_t resumed_at_step;  // -1: a fresh start
  std::string host;
};

struct RunArtifact {
  std::string kind;
  std::string path;
  int64_t bytes;
  std::string checksum;
};

struct RunNote {
  int64_t step;
  absl::Time time;
  std::string text;
};

// For one thread at a time. Runs come in the order in which they were first
// started.
class Tracker {
 public:
  // Brings in what is left in the logs of runs that have not ended, and marks
  // as interrupted those whose process is gone (catch_up.h). A database that
  // may not be written is shown as it is, with such runs as interrupted.
  //   NotFound             no such file
  //   InvalidArgument      no database, or no tracker's
  //   FailedPrecondition   of a newer version
  static absl::StatusOr<std::unique_ptr<Tracker>> Open(const std::string& path,
                                                       absl::Time now);
  static absl::StatusOr<std::unique_ptr<Tracker>> Open(const std::string& path);

  // What Open could not bring in, or found damaged; one line each.
  const std::vector<std::string>& warnings() const { return warnings_; }

  absl::StatusOr<std::vector<RunRecord>> Runs(
      const RunFilter& filter = {}) const;

  // The names of all metrics of all runs, sorted.
  absl::StatusOr<std::vector<std::string>> MetricNames() const;

  // One metric of every run that has it, by run id. Reads no points.
  absl::StatusOr<std::map<int64_t, MetricSummary>> Metric(
      const std::string& name) const;

  // All points of a metric of a run, by step; empty where it has none.
  absl::StatusOr<std::vector<MetricPoint>> Series(
      int64_t run_id, const std::string& name) const;

  // Its last `count` points, by step.
  absl::StatusOr<std::vector<MetricPoint>> Tail(int64_t run_id,
                                                const std::string& name,
                                                int64_t count) const;

  // The paths of all parameters of all runs, sorted.
  absl::StatusOr<std::vector<std::string>> ParameterPaths() const;

  // One parameter of every run that has it, by run id.
  absl::StatusOr<std::map<int64_t, std::string>> Parameter(
      const std::string& path) const;

  // Every parameter of a run, by path.
  absl::StatusOr<std::map<std::string, std::string>> Parameters(
      int64_t run_id) const;

  // Every parameter of every run, run by run.
  using ParameterVisitor = std::function<void(
      int64_t run_id, const std::string& path, const std::string& value)>;
  absl::Status VisitParameters(const ParameterVisitor& visit) const;

  absl::StatusOr<std::string> SpecText(int64_t run_id) const;
  absl::StatusOr<std::vector<RunStart>> Starts(int64_t run_id) const;
  absl::StatusOr<std::vector<RunArtifact>> Artifacts(int64_t run_id) const;
  absl::StatusOr<std::vector<RunNote>> Notes(int64_t run_id) const;

 private:
  explicit Tracker(Database database) : database_(std::move(database)) {}

  // Every row that a statement returns, by `read`.
  template <typename Row, typename Read, typename... Values>
  absl::StatusOr<std::vector<Row>> Select(const char* sql, const Read& read,
                                          const Values&... values) const;

  Database database_;
  std::set<int64_t> lost_;  // by run id, where the database can't be written
  std::vector<std::string> warnings_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_TRACKER_H_
