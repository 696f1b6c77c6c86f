// SPDX-License-Identifier: MIT
#include "tools/compare/render_json.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "experiments/tracker/run_status.h"

namespace snclr {
namespace {

using Json = nlohmann::ordered_json;

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
  Json row;
  row["run"] = run.record.run;
  row["name"] = run.record.name;
  row["method"] = run.record.method;
  row["seed"] = run.record.seed;
  row["status"] = RunStatusName(run.record.status);
  for (size_t i = 0; i < comparison.metrics.size(); ++i) {
    row[comparison.metrics[i]] = Number(run.metrics[i]);
  }
  return row;
}

// What all runs share, else null.
template <typename Get>
Json Shared(const std::vector<SelectedRun>& runs, const Get& get) {
  if (runs.empty()) return nullptr;
  const Json first = get(runs[0].record);
  for (const SelectedRun& run : runs) {
    if (Json(get(run.record)) != first) return nullptr;
  }
  return first;
}

Json GroupRow(const Comparison& comparison, const Group& group) {
  const std::vector<SelectedRun>& counted = group.counted;
  Json row;
  row["run"] = Shared(counted, [](const RunRecord& run) { return run.run; });
  row["method"] =
      Shared(counted, [](const RunRecord& run) { return run.method; });
  row["seed"] = Shared(counted, [](const RunRecord& run) { return run.seed; });
  row["status"] = Shared(
      counted, [](const RunRecord& run) { return RunStatusName(run.status); });
  for (size_t i = 0; i < comparison.group_by.size(); ++i) {
    row[comparison.group_by[i]] = Typed(group.keys[i]);
  }
  row["n"] = counted.size();
  for (size_t i = 0; i < comparison.metrics.size(); ++i) {
    const std::string& metric = comparison.metrics[i];
    row[metric] = Number(group.metrics[i].mean);
    row[metric + "_std"] = Number(group.metrics[i].deviation);
    row[metric + "_n"] = group.metrics[i].n;
  }
  row["runs"] = Json::array();
  row["seeds"] = Json::array();
  for (const SelectedRun& run : counted) {
    row["runs"].push_back(run.record.run);
    row["seeds"].push_back(run.record.seed);
  }
  row["left_out"] = Json::array();
  for (const SelectedRun& run : group.left_out) {
    row["left_out"].push_back({{"run", run.record.run},
                               {"status", RunStatusName(run.record.status)}});
  }
  return row;
}

}  // namespace

std::string RenderJson(const Comparison& comparison) {
  Json rows = Json::array();
  if (comparison.group_by.empty()) {
    for (const SelectedRun& run : comparison.runs) {
      rows.push_back(RunRow(comparison, run));
    }
  } else {
    for (const Group& group : comparison.groups) {
      rows.push_back(GroupRow(comparison, group));
    }
  }
  // A name that is no UTF-8 must not end the program.
  return rows.dump(2, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace) +
         "\n";
}

}  // namespace snclr
