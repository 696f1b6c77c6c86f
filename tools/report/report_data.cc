// SPDX-License-Identifier: MIT
#include "tools/report/report_data.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "tools/report/ablation.h"
#include "tools/report/answer.h"
#include "tools/report/curves.h"
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

Json MetricJson(const Statistic& statistic, const Difference& difference,
                const std::optional<double>& adjusted_p) {
  Json json = {{"n", statistic.n},
               {"mean", Number(statistic.mean)},
               {"deviation", Number(statistic.deviation)},
               {"low", IntervalJson(statistic.interval, true)},
               {"high", IntervalJson(statistic.interval, false)}};
  if (difference.mean.has_value()) {
    json["difference"] = {{"mean", Number(difference.mean)},
                          {"low", IntervalJson(difference.interval, true)},
                          {"high", IntervalJson(difference.interval, false)},
                          {"p", Number(adjusted_p)},
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
absl::StatusOr<Json> Cost(const Tracker& tracker, const Group& group,
                          const std::map<int64_t, MetricSummary>& memory) {
  std::map<std::string, std::vector<double>> values;
  for (const SelectedRun& run : group.counted) {
    ASSIGN_OR_RETURN(const double speed,
                     MeanOfSeries(tracker, run.record.id, "images_per_second"));
    if (std::isfinite(speed)) values["images_per_second"].push_back(speed);
    if (run.record.ended != absl::InfiniteFuture()) {
      values["seconds"].push_back(
          absl::ToDoubleSeconds(run.record.ended - run.record.started));
    }
    const auto peak = memory.find(run.record.id);
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
                                const Grouping& grouping) {
  std::map<int64_t, size_t> places;
  for (size_t i = 0; i < grouping.runs.size(); ++i) {
    places[grouping.runs[i].record.id] = i;
  }
  ASSIGN_OR_RETURN(const auto memory, tracker.Metric("peak_memory_mib"));
  Json groups = Json::array();
  for (size_t g = 0; g < grouping.groups.size(); ++g) {
    const Group& group = grouping.groups[g];
    Json json = {{"label", grouping.labels[g]},
                 {"keys", group.keys},
                 {"runs", Json::array()},
                 {"left_out", Json::array()},
                 {"metrics", Json::array()}};
    for (const SelectedRun& run : group.counted) {
      json["runs"].push_back(places.at(run.record.id));
    }
    for (const SelectedRun& run : group.left_out) {
      json["left_out"].push_back(places.at(run.record.id));
    }
    for (size_t m = 0; m < grouping.metrics.size(); ++m) {
      json["metrics"].push_back(MetricJson(group.metrics[m],
                                           grouping.differences[g][m],
                                           grouping.adjusted_p[g][m]));
    }
    ASSIGN_OR_RETURN(json["cost"], Cost(tracker, group, memory));
    groups.push_back(std::move(json));
  }
  return groups;
}

// Each question once, with the names of the runs that ask it.
Json Questions(const Grouping& grouping) {
  Json questions = Json::array();
  for (const SelectedRun& run : grouping.runs) {
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

Json AblationsJson(const Grouping& grouping) {
  Json all = Json::array();
  for (const Ablation& ablation : Ablations(grouping)) {
    Json series = Json::array();
    for (const AblationSeries& one : ablation.series) {
      series.push_back({{"label", one.label}, {"groups", one.groups}});
    }
    all.push_back({{"field", ablation.field},
                   {"values", ablation.values},
                   {"series", std::move(series)}});
  }
  return all;
}

// Of the first run of each drawn group that has any, most of the best groups.
// What is damaged is told among the warnings.
Json Snapshots(const Grouping& grouping, const std::vector<size_t>& drawn,
               const std::map<int64_t, size_t>& places, Json* warnings) {
  Json all = Json::array();
  for (const size_t g : drawn) {
    if (all.size() == kMaxSnapshotRuns) break;
    for (const SelectedRun& run : grouping.groups[g].counted) {
      auto snapshots =
          ReadSnapshots(run.record.folder, kMaxSnapshotFrames, kMaxSheetBytes);
      if (absl::IsNotFound(snapshots.status())) continue;
      if (!snapshots.ok()) {
        warnings->push_back(std::string(snapshots.status().message()));
        continue;
      }
      (*snapshots)["run"] = places.at(run.record.id);
      all.push_back(*std::move(snapshots));
      break;
    }
  }
  return all;
}

}  // namespace

absl::StatusOr<Json> MakeReportData(const Tracker& tracker,
                                    const ReportOptions& options,
                                    absl::Time now) {
  ASSIGN_OR_RETURN(const Grouping grouping, GroupRuns(tracker, options));
  const std::vector<size_t> drawn = DrawnGroups(grouping);
  std::map<int64_t, size_t> places;
  for (size_t i = 0; i < grouping.runs.size(); ++i) {
    places[grouping.runs[i].record.id] = i;
  }
  Json data = {{"generated", absl::ToUnixSeconds(now)},
               {"source", options.db_path},
               {"where", options.where},
               {"value", options.value},
               {"questions", Questions(grouping)},
               {"answer", Answer(grouping)},
               {"cautions", grouping.cautions},
               {"warnings", tracker.warnings()},
               {"metrics", Json::array()},
               {"group_by", grouping.group_by},
               {"baseline", nullptr},
               {"drawn", drawn},
               {"ablations", AblationsJson(grouping)}};
  if (grouping.baseline.has_value()) data["baseline"] = *grouping.baseline;
  for (const std::string& metric : grouping.metrics) {
    data["metrics"].push_back(
        {{"name", metric}, {"lower_is_better", IsLowerBetter(metric)}});
  }
  ASSIGN_OR_RETURN(data["groups"], GroupsJson(tracker, grouping));
  ASSIGN_OR_RETURN(data["curves"], Curves(tracker, grouping, drawn));
  ASSIGN_OR_RETURN(data["runs"], RunDetails(tracker, grouping));
  data["snapshots"] = Snapshots(grouping, drawn, places, &data["warnings"]);
  return data;
}

}  // namespace snclr
