// SPDX-License-Identifier: MIT
#include "experiments/tracker/tracker.h"

#include <filesystem>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/catch_up.h"
#include "experiments/tracker/run_folder.h"
#include "experiments/tracker/run_status.h"
#include "experiments/tracker/schema.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

absl::Time TimeOf(const Statement& row, int column, absl::Time missing) {
  if (row.IsNull(column)) return missing;
  return absl::UnixEpoch() + absl::Seconds(row.Real(column));
}

absl::Time TimeOf(const Statement& row, int column) {
  return TimeOf(row, column, absl::UnixEpoch());
}

MetricPoint PointOf(const Statement& row) {
  return {row.Int(0), row.Real(1), row.Real(2), TimeOf(row, 3)};
}

std::string TextOf(const Statement& row) { return row.Text(0); }

constexpr char kSelectRuns[] =
    "SELECT runs.id, run, folder, COALESCE(experiments.name, ''), method, seed,"
    " status, reason, question, spec_hash, data_fingerprint, host, device,"
    " git_commit, octet_length(git_diff) > 0, started_at, ended_at, "
    "heartbeat_at,"
    " COALESCE(last_step, -1)"
    " FROM runs LEFT JOIN experiments ON experiments.id = experiment_id"
    // A process that died before it said anything left no run.
    " WHERE started_at IS NOT NULL"
    " AND (?1 = '' OR experiments.name = ?1) AND (?2 = '' OR method = ?2)"
    " ORDER BY started_at, runs.id";

RunRecord RunOf(const Statement& row) {
  RunRecord run;
  run.id = row.Int(0);
  run.run = row.Text(1);
  run.folder = row.Text(2);
  run.name = row.Text(3);
  run.method = row.Text(4);
  run.seed = static_cast<uint64_t>(row.Int(5));
  run.status = RunStatusFromName(row.Text(6)).value_or(RunStatus::kStopped);
  run.reason = row.Text(7);
  run.question = row.Text(8);
  run.spec_hash = row.Text(9);
  run.data_fingerprint = row.Text(10);
  run.host = row.Text(11);
  run.device = row.Text(12);
  run.git_commit = row.Text(13);
  run.has_git_diff = row.Int(14) != 0;
  run.started = TimeOf(row, 15);
  run.ended = TimeOf(row, 16, absl::InfiniteFuture());
  run.heartbeat = TimeOf(row, 17);
  run.last_step = row.Int(18);
  return run;
}

}  // namespace

std::string DefaultTrackerPath(const std::string& out) {
  return (std::filesystem::path(out) / "tracker.sqlite").string();
}

absl::StatusOr<std::unique_ptr<Tracker>> Tracker::Open(
    const std::string& path) {
  return Open(path, absl::Now());
}

absl::StatusOr<std::unique_ptr<Tracker>> Tracker::Open(const std::string& path,
                                                       absl::Time now) {
  // Opened for reading first: a name that is wrong must not make a file.
  ASSIGN_OR_RETURN(Database database, Database::Open(path, OpenMode::kRead));
  auto writable = Database::Open(path, OpenMode::kWrite);
  bool may_write = writable.ok();
  if (may_write) {
    const absl::Status migrated = Migrate(*writable);
    may_write = migrated.ok();
    if (absl::IsInvalidArgument(migrated) ||
        absl::IsFailedPrecondition(migrated)) {
      return migrated;
    }
  }
  if (may_write) {
    database = *std::move(writable);
  } else {
    RETURN_IF_ERROR(CheckVersion(database));
  }
  std::unique_ptr<Tracker> tracker(new Tracker(std::move(database)));
  ASSIGN_OR_RETURN(CaughtUp caught_up,
                   CatchUp(tracker->database_, now, may_write));
  tracker->lost_ = std::move(caught_up.lost);
  tracker->warnings_ = std::move(caught_up.warnings);
  if (!may_write) {
    tracker->warnings_.push_back(absl::StrCat(
        path,
        ": may not be written; what runs have recorded since it last was"
        " is not shown"));
  }
  return tracker;
}

template <typename Row, typename Read, typename... Values>
absl::StatusOr<std::vector<Row>> Tracker::Select(
    const char* sql, const Read& read, const Values&... values) const {
  ASSIGN_OR_RETURN(Statement statement, database_.Prepare(sql));
  std::vector<Row> rows;
  for (statement.Query(values...); statement.Next();) {
    rows.push_back(read(statement));
  }
  RETURN_IF_ERROR(statement.status());
  return rows;
}

absl::StatusOr<std::vector<RunRecord>> Tracker::Runs(
    const RunFilter& filter) const {
  ASSIGN_OR_RETURN(
      std::vector<RunRecord> all,
      Select<RunRecord>(kSelectRuns, RunOf, filter.name, filter.method));
  std::vector<RunRecord> runs;
  for (RunRecord& run : all) {
    run.folder = AbsoluteRunFolder(database_.path(), run.folder);
    if (run.status == RunStatus::kRunning && lost_.count(run.id) > 0) {
      run.status = RunStatus::kInterrupted;
      run.ended = run.heartbeat;
    }
    if (filter.status.has_value() && run.status != *filter.status) continue;
    runs.push_back(std::move(run));
  }
  return runs;
}

absl::StatusOr<std::vector<std::string>> Tracker::MetricNames() const {
  // DISTINCT would read the index from end to end, with an entry for each run
  // of each metric; this seeks once for each name.
  return Select<std::string>(
      "WITH RECURSIVE names (name) AS (SELECT MIN(name) FROM series UNION ALL"
      " SELECT (SELECT MIN(name) FROM series WHERE name > names.name) FROM"
      " names WHERE name IS NOT NULL)"
      " SELECT name FROM names WHERE name IS NOT NULL",
      TextOf);
}

absl::StatusOr<std::map<int64_t, MetricSummary>> Tracker::Metric(
    const std::string& name) const {
  using Row = std::pair<int64_t, MetricSummary>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      Select<Row>(
          "SELECT run_id, points, last_step, last_value, min_value, max_value"
          " FROM series WHERE name = ?",
          [](const Statement& row) {
            return Row(row.Int(0), {row.Int(1), row.Int(2), row.Real(3),
                                    row.Real(4), row.Real(5)});
          },
          name));
  return std::map<int64_t, MetricSummary>(rows.begin(), rows.end());
}

absl::StatusOr<std::vector<MetricPoint>> Tracker::Series(
    int64_t run_id, const std::string& name) const {
  return Tail(run_id, name, std::numeric_limits<int64_t>::max());
}

absl::StatusOr<std::vector<MetricPoint>> Tracker::Tail(int64_t run_id,
                                                       const std::string& name,
                                                       int64_t count) const {
  return Select<MetricPoint>(
      "SELECT * FROM (SELECT step, epoch, value, time FROM points WHERE"
      " series_id = (SELECT id FROM series WHERE name = ? AND run_id = ?)"
      " ORDER BY step DESC LIMIT ?) ORDER BY step",
      PointOf, name, run_id, count);
}

absl::StatusOr<std::vector<std::string>> Tracker::ParameterPaths() const {
  return Select<std::string>(
      "SELECT DISTINCT path FROM parameters ORDER BY path", TextOf);
}

absl::StatusOr<std::map<int64_t, std::string>> Tracker::Parameter(
    const std::string& path) const {
  using Row = std::pair<int64_t, std::string>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      Select<Row>(
          "SELECT run_id, value FROM parameters WHERE path = ?",
          [](const Statement& row) { return Row(row.Int(0), row.Text(1)); },
          path));
  return std::map<int64_t, std::string>(rows.begin(), rows.end());
}

absl::StatusOr<std::map<std::string, std::string>> Tracker::Parameters(
    int64_t run_id) const {
  using Row = std::pair<std::string, std::string>;
  ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      Select<Row>(
          "SELECT path, value FROM parameters WHERE run_id = ?",
          [](const Statement& row) { return Row(row.Text(0), row.Text(1)); },
          run_id));
  return std::map<std::string, std::string>(rows.begin(), rows.end());
}

absl::Status Tracker::VisitParameters(const ParameterVisitor& visit) const {
  ASSIGN_OR_RETURN(
      Statement statement,
      database_.Prepare("SELECT run_id, path, value FROM parameters"));
  for (statement.Query(); statement.Next();) {
    visit(statement.Int(0), statement.Text(1), statement.Text(2));
  }
  return statement.status();
}

absl::StatusOr<std::string> Tracker::SpecText(int64_t run_id) const {
  ASSIGN_OR_RETURN(
      const std::vector<std::string> texts,
      Select<std::string>("SELECT spec_text FROM runs WHERE id = ?", TextOf,
                          run_id));
  if (texts.empty()) {
    return absl::NotFoundError(
        absl::StrCat(database_.path(), ": no run has the id ", run_id));
  }
  return texts[0];
}

absl::StatusOr<std::vector<RunStart>> Tracker::Starts(int64_t run_id) const {
  return Select<RunStart>(
      "SELECT started_at, COALESCE(resumed_at_step, -1), host FROM starts"
      " WHERE run_id = ? ORDER BY number",
      [](const Statement& row) {
        return RunStart{TimeOf(row, 0), row.Int(1), row.Text(2)};
      },
      run_id);
}

absl::StatusOr<std::vector<RunArtifact>> Tracker::Artifacts(
    int64_t run_id) const {
  return Select<RunArtifact>(
      "SELECT kind, path, bytes, checksum FROM artifacts WHERE run_id = ?"
      " ORDER BY time, path",
      [](const Statement& row) {
        return RunArtifact{row.Text(0), row.Text(1), row.Int(2), row.Text(3)};
      },
      run_id);
}

absl::StatusOr<std::vector<RunNote>> Tracker::Notes(int64_t run_id) const {
  return Select<RunNote>(
      "SELECT step, time, text FROM notes WHERE run_id = ? ORDER BY id",
      [](const Statement& row) {
        return RunNote{row.Int(0), TimeOf(row, 1), row.Text(2)};
      },
      run_id);
}

}  // namespace snclr
