// SPDX-License-Identifier: MIT
#include "tools/compare/render_json.h"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "experiments/tracker/run_status.h"
#include "tools/compare/rows.h"

namespace snclr {
namespace {

using Json = nlohmann::ordered_json;

// An object whose fields are added in order, the first of a name holding. The
// library's own way looks through all fields for each new one, which takes a
// second for a row of thousands.
class Object {
 public:
  void Add(const std::string& name, Json value) {
    if (!names_.insert(name).second) return;
    fields_.emplace_back(name, std::move(value));
  }

  Json Finish() && { return Json(std::move(fields_)); }

 private:
  Json::object_t fields_;
  std::unordered_set<std::string> names_;
};

Json Number(std::optional<double> value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

// A field's text as the number it says, if it says one.
Json Typed(const std::string& text) {
  if (text.empty()) return nullptr;
  int64_t integer = 0;
  if (absl::SimpleAtoi(text, &integer)) return integer;
  double number = 0;
  if (absl::SimpleAtod(text, &number)) return number;
  return text;
}

Json RunRow(const Comparison& comparison, const SelectedRun& run) {
  Object row;
  row.Add("run", run.record.run);
  row.Add("name", run.record.name);
  row.Add("method", run.record.method);
  row.Add("seed", run.record.seed);
  row.Add("status", RunStatusName(run.record.status));
  for (size_t i = 0; i < comparison.query.metrics.size(); ++i) {
    row.Add(comparison.query.metrics[i], Number(run.metrics[i]));
  }
  return std::move(row).Finish();
}

// What all runs share, else null.
template <typename Get>
Json Shared(const Comparison& comparison, const Group& group, const Get& get) {
  const std::vector<size_t>& runs =
      group.counted.empty() ? group.left_out : group.counted;
  const Json first = get(comparison.runs[runs[0]].record);
  for (const size_t run : runs) {
    if (Json(get(comparison.runs[run].record)) != first) return nullptr;
  }
  return first;
}

void AddInterval(const std::optional<Interval>& interval, Json* object) {
  (*object)["ci_low"] = interval.has_value() ? Json(interval->low) : Json();
  (*object)["ci_high"] = interval.has_value() ? Json(interval->high) : Json();
}

Json DifferenceObject(const Comparison& comparison,
                      const BaselineDifference& compared) {
  const Difference& difference = compared.difference;
  const std::string test = TestName(difference.test);
  Json object;
  object["to"] =
      GroupLabel(comparison, comparison.groups[*comparison.baseline]);
  object["mean"] = Number(difference.mean);
  AddInterval(difference.interval, &object);
  object["test"] = test.empty() ? Json(nullptr) : Json(test);
  object["p"] = Number(difference.p_value);
  object["p_holm"] = Number(compared.p_holm);
  object["told_apart"] = compared.told_apart;
  return object;
}

Json StatisticObject(const Comparison& comparison, const Group& group,
                     size_t i) {
  const Statistic& metric = group.metrics[i];
  Json object;
  object["n"] = metric.n;
  object["mean"] = Number(metric.mean);
  object["sd"] = Number(metric.deviation);
  AddInterval(metric.interval, &object);
  if (comparison.baseline.has_value()) {
    object["difference"] =
        group.differences.empty()
            ? Json(nullptr)
            : DifferenceObject(comparison, group.differences[i]);
  }
  return object;
}

void AddShared(const Comparison& comparison, const Group& group, Object* row) {
  const auto shared = [&](auto get) { return Shared(comparison, group, get); };
  row->Add("run", shared([](const RunRecord& run) { return run.run; }));
  row->Add("name", shared([](const RunRecord& run) { return run.name; }));
  row->Add("method", shared([](const RunRecord& run) { return run.method; }));
  row->Add("seed", shared([](const RunRecord& run) { return run.seed; }));
  row->Add("status", shared([](const RunRecord& run) {
             return RunStatusName(run.status);
           }));
}

void AddRuns(const Comparison& comparison, const Group& group, Object* row) {
  Json runs = Json::array(), seeds = Json::array(), left_out = Json::array();
  for (const size_t run : group.counted) {
    runs.push_back(comparison.runs[run].record.run);
    seeds.push_back(comparison.runs[run].record.seed);
  }
  for (const size_t run : group.left_out) {
    const RunRecord& record = comparison.runs[run].record;
    left_out.push_back(
        {{"run", record.run}, {"status", RunStatusName(record.status)}});
  }
  row->Add("runs", std::move(runs));
  row->Add("seeds", std::move(seeds));
  row->Add("left_out", std::move(left_out));
}

Json GroupRow(const Comparison& comparison, const Row& shown) {
  const Group& group = *shown.group;
  const std::vector<std::string>& metrics = comparison.query.metrics;
  Object row;
  if (comparison.query.ablation) {
    row.Add("factor", shown.keys[0]);
    row.Add("value", Typed(shown.keys[1]));
  }
  AddShared(comparison, group, &row);
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    row.Add(comparison.columns[i], Typed(group.keys[i]));
  }
  row.Add("n", group.counted.size());
  if (comparison.baseline.has_value()) {
    row.Add("is_baseline", shown.is_baseline);
  }
  for (size_t i = 0; i < metrics.size(); ++i) {
    row.Add(metrics[i], Number(group.metrics[i].mean));
  }
  Object statistics;
  for (size_t i = 0; i < metrics.size(); ++i) {
    row.Add(metrics[i] + "_std", Number(group.metrics[i].deviation));
    row.Add(metrics[i] + "_n", group.metrics[i].n);
    statistics.Add(metrics[i], StatisticObject(comparison, group, i));
  }
  row.Add("statistics", std::move(statistics).Finish());
  AddRuns(comparison, group, &row);
  return std::move(row).Finish();
}

}  // namespace

std::string RenderJson(const Comparison& comparison) {
  Json rows = Json::array();
  if (comparison.query.grouping == GroupingKind::kRuns) {
    for (const SelectedRun& run : comparison.runs) {
      rows.push_back(RunRow(comparison, run));
    }
  } else {
    for (const Row& row : RowsOf(comparison)) {
      rows.push_back(GroupRow(comparison, row));
    }
  }
  // A name that is no UTF-8 must not end the program.
  return rows.dump(2, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace) +
         "\n";
}

}  // namespace snclr
