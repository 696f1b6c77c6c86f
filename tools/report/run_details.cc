// SPDX-License-Identifier: MIT
#include "tools/report/run_details.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "experiments/tracker/run_status.h"
#include "snclr/core/base/status_macros.h"
#include "tools/report/spec_diff.h"

namespace snclr {
namespace {

using Json = nlohmann::json;

// The last value of every metric of every run, by run id.
absl::StatusOr<std::map<int64_t, Json>> LastValues(const Tracker& tracker) {
  std::map<int64_t, Json> values;
  ASSIGN_OR_RETURN(const auto names, tracker.MetricNames());
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const auto summaries, tracker.Metric(name));
    for (const auto& [id, summary] : summaries) {
      values[id][name] = summary.last_value;
    }
  }
  return values;
}

Json Facts(const RunRecord& run) {
  Json facts = {
      {"run", run.run},
      {"name", run.name},
      {"method", run.method},
      {"seed", run.seed},
      {"status", RunStatusName(run.status)},
      {"reason", run.reason},
      {"question", run.question},
      {"folder", run.folder},
      {"host", run.host},
      {"device", run.device},
      {"commit", run.git_commit},
      {"dirty", run.has_git_diff},
      {"started", absl::ToDoubleSeconds(run.started - absl::UnixEpoch())},
      {"last_step", run.last_step}};
  if (run.ended != absl::InfiniteFuture()) {
    facts["seconds"] = absl::ToDoubleSeconds(run.ended - run.started);
  }
  return facts;
}

Json SpecDifference(const Parameters& spec, const Parameters& common) {
  Json list = Json::array();
  for (const FieldDifference& field : DiffFrom(spec, common)) {
    if (!DecidesNumbers(field.path)) continue;
    list.push_back({{"path", field.path},
                    {"value", field.value},
                    {"common", field.common}});
  }
  return list;
}

absl::Status AddHistory(const Tracker& tracker, const RunRecord& run,
                        Json* details) {
  ASSIGN_OR_RETURN(const auto starts, tracker.Starts(run.id));
  ASSIGN_OR_RETURN(const auto notes, tracker.Notes(run.id));
  ASSIGN_OR_RETURN(const auto artifacts, tracker.Artifacts(run.id));
  Json resumed = Json::array(), note_list = Json::array(),
       artifact_list = Json::array();
  for (const RunStart& start : starts) {
    if (start.resumed_at_step >= 0) resumed.push_back(start.resumed_at_step);
  }
  for (const RunNote& note : notes) {
    note_list.push_back({{"step", note.step}, {"text", note.text}});
  }
  for (const RunArtifact& artifact : artifacts) {
    artifact_list.push_back(
        {{"kind", artifact.kind},
         {"path", absl::StripPrefix(artifact.path, run.folder + "/")},
         {"bytes", artifact.bytes}});
  }
  (*details)["resumed"] = std::move(resumed);
  (*details)["notes"] = std::move(note_list);
  (*details)["artifacts"] = std::move(artifact_list);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> RunDetails(const Tracker& tracker,
                                const ReportGroups& groups) {
  ASSIGN_OR_RETURN(const auto values, LastValues(tracker));
  const Comparison& comparison = groups.comparison;
  std::vector<size_t> group_of(comparison.runs.size());
  for (size_t g = 0; g < comparison.groups.size(); ++g) {
    for (const size_t run : comparison.groups[g].counted) group_of[run] = g;
    for (const size_t run : comparison.groups[g].left_out) group_of[run] = g;
  }
  const Parameters common = CommonSpec(groups.specs);
  Json all = Json::array();
  for (size_t i = 0; i < groups.comparison.runs.size(); ++i) {
    const SelectedRun& run = groups.comparison.runs[i];
    Json details = Facts(run.record);
    details["group"] = group_of[i];
    Json fields = Json::object();
    for (size_t f = 0; f < groups.comparison.columns.size(); ++f) {
      fields[groups.comparison.columns[f]] = run.keys[f];
    }
    details["fields"] = std::move(fields);
    const auto metrics = values.find(run.record.id);
    details["metrics"] =
        metrics == values.end() ? Json::object() : metrics->second;
    details["difference"] = SpecDifference(groups.specs[i], common);
    RETURN_IF_ERROR(AddHistory(tracker, run.record, &details));
    all.push_back(std::move(details));
  }
  return all;
}

}  // namespace snclr
