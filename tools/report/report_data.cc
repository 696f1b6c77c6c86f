// SPDX-License-Identifier: MIT
#include "tools/report/report_data.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "tools/report/answer.h"
#include "tools/report/curves.h"
#include "tools/report/field_lines.h"
#include "tools/report/run_details.h"
#include "tools/report/snapshot_reader.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxSnapshotRuns = 6;
constexpr size_t kMaxSnapshotFrames = 24;
constexpr size_t kMaxSheetBytes = 2 << 20;

Json Number(const std::optional<double>& value) {
  return value.has_value() && std::isfinite(*value) ? Json(*value) : Json();
}

Json IntervalJson(const std::optional<Interval>& interval, bool low) {
  if (!interval.has_value()) return nullptr;
  return Number(low ? interval->low : interval->high);
}

const char* TestName(DifferenceTest test) {
  switch (test) {
    case DifferenceTest::kPaired:
      return "paired";
    case DifferenceTest::kWelch:
      return "Welch";
    case DifferenceTest::kNone:
      break;
  }
  return "none";
}

// `compared` is null for the baseline and where there is none.
Json MetricJson(const Statistic& statistic,
                const BaselineDifference* compared) {
  Json json = {{"n", statistic.n},
               {"mean", Number(statistic.mean)},
               {"deviation", Number(statistic.deviation)},
               {"low", IntervalJson(statistic.interval, true)},
               {"high", IntervalJson(statistic.interval, false)}};
  if (compared != nullptr && compared->difference.mean.has_value()) {
    const Difference& difference = compared->difference;
    json["difference"] = {{"mean", Number(difference.mean)},
                          {"low", IntervalJson(difference.interval, true)},
                          {"high", IntervalJson(difference.interval, false)},
                          {"p", Number(compared->p_holm)},
                          {"test", TestName(difference.test)}};
  }
  return json;
}

// The mean of all values that a run recorded of a metric; none: NaN.
absl::StatusOr<double> MeanOfSeries(const Tracker& tracker, int64_t run_id,
                                    const std::string& metric) {
  ASSIGN_OR_RETURN(const auto points, tracker.Series(run_id, metric));
  double sum = 0;
  for (const MetricPoint& point : points) sum += point.value;
  return sum / static_cast<double>(points.size());
}

// Means over the counted runs.
absl::StatusOr<Json> Cost(const Tracker& tracker, const Comparison& comparison,
                          const Group& group,
                          const std::map<int64_t, MetricSummary>& memory) {
  std::map<std::string, std::vector<double>> values;
  for (const size_t place : group.counted) {
    const RunRecord& run = comparison.runs[place].record;
    ASSIGN_OR_RETURN(const double speed,
                     MeanOfSeries(tracker, run.id, "images_per_second"));
    if (std::isfinite(speed)) values["images_per_second"].push_back(speed);
    if (run.ended != absl::InfiniteFuture()) {
      values["seconds"].push_back(
          absl::ToDoubleSeconds(run.ended - run.started));
    }
    const auto peak = memory.find(run.id);
    if (peak != memory.end()) {
      values["peak_memory_mib"].push_back(peak->second.max_value);
    }
  }
  Json cost = Json::object();
  for (const auto& [name, list] : values) {
    double sum = 0;
    for (const double value : list) sum += value;
    cost[name] = sum / static_cast<double>(list.size());
  }
  return cost;
}

absl::StatusOr<Json> GroupsJson(const Tracker& tracker,
                                const ReportGroups& groups) {
  const Comparison& comparison = groups.comparison;
  ASSIGN_OR_RETURN(const auto memory, tracker.Metric("peak_memory_mib"));
  Json list = Json::array();
  for (size_t g = 0; g < comparison.groups.size(); ++g) {
    const Group& group = comparison.groups[g];
    Json json = {{"label", groups.labels[g]},
                 {"keys", group.keys},
                 {"runs", group.counted},
                 {"left_out", group.left_out},
                 {"metrics", Json::array()}};
    for (size_t m = 0; m < group.metrics.size(); ++m) {
      json["metrics"].push_back(MetricJson(
          group.metrics[m],
          group.differences.empty() ? nullptr : &group.differences[m]));
    }
    ASSIGN_OR_RETURN(json["cost"], Cost(tracker, comparison, group, memory));
    list.push_back(std::move(json));
  }
  return list;
}

// Each question once, with the names of the runs that ask it.
Json Questions(const ReportGroups& groups) {
  Json questions = Json::array();
  for (const SelectedRun& run : groups.comparison.runs) {
    if (run.record.question.empty()) continue;
    Json* found = nullptr;
    for (Json& question : questions) {
      if (question["text"] == run.record.question) found = &question;
    }
    if (found == nullptr) {
      questions.push_back(
          {{"text", run.record.question}, {"names", Json::array()}});
      found = &questions.back();
    }
    Json& names = (*found)["names"];
    if (std::find(names.begin(), names.end(), Json(run.record.name)) ==
        names.end()) {
      names.push_back(run.record.name);
    }
  }
  return questions;
}

Json AblationsJson(const ReportGroups& groups) {
  Json all = Json::array();
  for (const FieldLines& lines : AllFieldLines(groups)) {
    Json series = Json::array();
    for (const FieldLine& line : lines.lines) {
      Json points = Json::array();
      for (const auto& [value, group] : line.points) {
        points.push_back({{"value", value}, {"group", group}});
      }
      series.push_back({{"label", line.label}, {"points", std::move(points)}});
    }
    all.push_back({{"field", lines.field},
                   {"values", lines.values},
                   {"series", std::move(series)}});
  }
  return all;
}

// Of the first run of each drawn group that has any, most of the best groups.
// What is damaged is told among the warnings.
Json Snapshots(const Comparison& comparison, const std::vector<size_t>& drawn,
               Json* warnings) {
  Json all = Json::array();
  for (const size_t g : drawn) {
    if (all.size() == kMaxSnapshotRuns) break;
    for (const size_t run : comparison.groups[g].counted) {
      auto snapshots = ReadSnapshots(comparison.runs[run].record.folder,
                                     kMaxSnapshotFrames, kMaxSheetBytes);
      if (absl::IsNotFound(snapshots.status())) continue;
      if (!snapshots.ok()) {
        warnings->push_back(std::string(snapshots.status().message()));
        continue;
      }
      (*snapshots)["run"] = run;
      all.push_back(*std::move(snapshots));
      break;
    }
  }
  return all;
}

// How many groups have snapshots beside the shown ones, where those are as many
// as a page takes in. Else all of them are shown, or told among the warnings.
size_t SnapshotsLeftOut(const Comparison& comparison, size_t shown) {
  if (shown < kMaxSnapshotRuns) return 0;
  size_t groups = 0;
  for (const auto& group : comparison.groups) {
    for (const size_t run : group.counted) {
      if (HasSnapshots(comparison.runs[run].record.folder)) {
        ++groups;
        break;
      }
    }
  }
  return groups - std::min(groups, shown);
}

}  // namespace

absl::StatusOr<Json> MakeReportData(const Tracker& tracker,
                                    const ReportOptions& options,
                                    absl::Time now) {
  ASSIGN_OR_RETURN(const ReportGroups groups, GroupRuns(tracker, options));
  const Comparison& comparison = groups.comparison;
  const std::vector<size_t> drawn = DrawnGroups(groups);
  Json data = {{"generated", absl::ToUnixSeconds(now)},
               {"source", options.db_path},
               {"where", options.where},
               {"value", options.value},
               {"questions", Questions(groups)},
               {"answer", Answer(groups)},
               {"cautions", groups.cautions},
               {"warnings", tracker.warnings()},
               {"metrics", Json::array()},
               {"group_by", comparison.columns},
               {"baseline", nullptr},
               {"drawn", drawn},
               {"ablations", AblationsJson(groups)}};
  if (comparison.baseline.has_value()) data["baseline"] = *comparison.baseline;
  for (const std::string& metric : comparison.query.metrics) {
    data["metrics"].push_back(
        {{"name", metric}, {"lower_is_better", IsLowerBetter(metric)}});
  }
  ASSIGN_OR_RETURN(data["groups"], GroupsJson(tracker, groups));
  ASSIGN_OR_RETURN(data["curves"], Curves(tracker, groups, drawn));
  ASSIGN_OR_RETURN(data["runs"], RunDetails(tracker, groups));
  data["snapshots"] = Snapshots(comparison, drawn, &data["warnings"]);
  data["snapshots_left_out"] =
      SnapshotsLeftOut(comparison, data["snapshots"].size());
  return data;
}

}  // namespace snclr
