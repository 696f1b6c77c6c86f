// SPDX-License-Identifier: MIT
// Claim: comparing 1,500 runs of 1,500 metrics takes less than a second. The
// command (open, select, group by spec, test against a baseline, render)
// against asking the database for each run and metric by itself.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/tracker/database.h"
#include "experiments/tracker/schema.h"
#include "experiments/tracker/tracker.h"
#include "gflags/gflags.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"
#include "tools/bench/measure.h"
#include "tools/compare/compare.h"
#include "tools/compare/comparison.h"

DEFINE_int32(runs, 1500, "finished runs in the database");
DEFINE_int32(metrics, 1500, "metrics of each run");
DEFINE_int32(parameters, 100, "fields of each run's spec");
DEFINE_int32(seeds, 5, "runs with one spec");
DEFINE_int32(shown, 4, "metrics that are compared");
DEFINE_string(db, "",
              "where the database is made, and kept; by default a temporary"
              " folder that is removed");
DEFINE_int32(repeats, 5, "timed repetitions");

namespace snclr {
namespace {

constexpr double kRounding = 1e-9;  // between orders of summation

// Of run r: spec r / seeds, seed r % seeds. Metric m of run r ends in
// r + m / 1000, so what a group's mean has to be is known.
absl::Status MakeDatabase(const std::string& path) {
  ASSIGN_OR_RETURN(Database database, Database::Open(path, OpenMode::kWrite));
  RETURN_IF_ERROR(Migrate(database));
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(database));
  const auto numbers = [](int count) {
    return absl::StrCat("(WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT",
                        " i + 1 FROM n WHERE i + 1 < ", count,
                        ") SELECT i FROM n)");
  };
  RETURN_IF_ERROR(database.Execute(
      "INSERT INTO experiments (id, name, created_at) VALUES (1, 'b', 0)"));
  RETURN_IF_ERROR(database.Execute(absl::StrCat(
      "INSERT INTO runs (id, experiment_id, run, folder, method, seed, status,"
      " started_at, ended_at, last_step, spec_text, git_diff)"
      " SELECT i + 1, 1, 'b/' || i, 'b/' || i, 'snclr', i % ",
      FLAGS_seeds, ", 'finished', i, i + 1, 1000,",
      " hex(zeroblob(2000)), hex(zeroblob(5000)) FROM ", numbers(FLAGS_runs))));
  RETURN_IF_ERROR(database.Execute(absl::StrCat(
      "INSERT INTO parameters (run_id, path, value, number)"
      " SELECT r.i + 1, 'part' || (p.i / 10) || '.field_number_' || p.i,"
      " CASE p.i WHEN 17 THEN r.i / ",
      FLAGS_seeds, " % 30 WHEN 55 THEN r.i / ", 30 * FLAGS_seeds,
      " ELSE p.i END, NULL FROM ", numbers(FLAGS_runs), " r, ",
      numbers(FLAGS_parameters), " p")));
  RETURN_IF_ERROR(database.Execute(absl::StrCat(
      "INSERT INTO series (run_id, name, points, last_step, last_value,"
      " min_step, min_value, max_step, max_value)"
      " SELECT r.i + 1, printf('metric_%04d', m.i), 100, 1000,"
      " r.i + m.i / 1000.0, 0, 0, 1000, 2000 FROM ",
      numbers(FLAGS_runs), " r, ", numbers(FLAGS_metrics), " m")));
  return transaction.Commit();
}

std::vector<std::string> ShownMetrics() {
  std::vector<std::string> metrics;
  for (int i = 0; i < FLAGS_shown; ++i) {
    metrics.push_back(absl::StrFormat("metric_%04d", i));
  }
  return metrics;
}

// The means of the first metric, by spec.
using Means = std::vector<double>;

absl::StatusOr<Means> PlainMeans(const std::string& path) {
  ASSIGN_OR_RETURN(const auto tracker, Tracker::Open(path));
  ASSIGN_OR_RETURN(const auto runs, tracker->Runs());
  ASSIGN_OR_RETURN(const Database database,
                   Database::Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(Statement last,
                   database.Prepare("SELECT last_value FROM series WHERE name ="
                                    " ? AND run_id = ?"));
  std::map<std::string, std::vector<std::vector<double>>> by_spec;
  for (const RunRecord& run : runs) {
    ASSIGN_OR_RETURN(const auto parameters, tracker->Parameters(run.id));
    std::vector<double> values;
    for (const std::string& metric : ShownMetrics()) {
      last.Query(metric, run.id);
      if (!last.Next()) return absl::InternalError("a run without a metric");
      values.push_back(last.Real(0));
    }
    by_spec[absl::StrJoin(parameters, "\n", absl::PairFormatter("="))]
        .push_back(std::move(values));
  }
  Means means;
  for (const auto& [spec, values] : by_spec) {
    double sum = 0;
    for (const auto& run : values) sum += run[0];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  std::sort(means.begin(), means.end());
  return means;
}

absl::Status CheckEqual(const std::string& path) {
  ASSIGN_OR_RETURN(const Means plain, PlainMeans(path));
  ASSIGN_OR_RETURN(const auto tracker, Tracker::Open(path));
  Query query;
  query.metrics = ShownMetrics();
  ASSIGN_OR_RETURN(const Comparison comparison,
                   MakeComparison(*tracker, query));
  Means means;
  for (const Group& group : comparison.groups) {
    means.push_back(*group.metrics[0].mean);
  }
  std::sort(means.begin(), means.end());
  bool equal = means.size() == plain.size();
  for (size_t i = 0; equal && i < means.size(); ++i) {
    equal = std::abs(means[i] - plain[i]) <= kRounding * (1 + plain[i]);
  }
  if (equal) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the two ways differ: ", means.size(),
                                          " and ", plain.size(), " groups"));
}

absl::Status Measure(const std::string& path) {
  RETURN_IF_ERROR(CheckEqual(path));
  CompareOptions options;
  options.db_path = path;
  options.metrics = {absl::StrJoin(ShownMetrics(), ",")};
  options.baseline = "part1.field_number_17=0,part5.field_number_55=0";
  for (const char* format : {"table", "json"}) {
    options.format = format;
    absl::Status status;
    const TwoTimes times = TimeInTurns(
        [&] {
          std::ostringstream out, notes;
          status.Update(RunCompare(options, out, notes));
        },
        [&] { status.Update(PlainMeans(path).status()); },
        /*warmup=*/1, FLAGS_repeats);
    RETURN_IF_ERROR(status);
    std::printf(
        "compare format=%s runs=%d metrics=%d shown=%d median_ms=%.1f "
        "p90_ms=%.1f plain_median_ms=%.1f ratio=%.2f\n",
        format, FLAGS_runs, FLAGS_metrics, FLAGS_shown, times.fast.median_ms,
        times.fast.p90_ms, times.plain.median_ms, times.Ratio());
  }
  return absl::OkStatus();
}

absl::Status Run() {
  namespace fs = std::filesystem;
  if (!FLAGS_db.empty()) {
    const std::string path = UserPath(FLAGS_db);
    if (!fs::exists(path)) {
      RETURN_IF_ERROR(MakeDatabase(path));
    }
    return Measure(path);
  }
  std::string folder = fs::temp_directory_path() / "compare_bench_XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::InternalError("no temporary folder can be made");
  }
  absl::Status status = MakeDatabase(folder + "/tracker.sqlite");
  if (status.ok()) status = Measure(folder + "/tracker.sqlite");
  fs::remove_all(folder);
  return status;
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine("Times //tools:compare on a large tracker.", {}, argc,
                          argv);
  return snclr::ExitStatus(snclr::Run());
}
