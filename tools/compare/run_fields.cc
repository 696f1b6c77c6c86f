// SPDX-License-Identifier: MIT
#include "tools/compare/run_fields.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/tracker/run_status.h"
#include "snclr/core/base/did_you_mean.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

struct Field {
  std::string name;
  std::string (*get)(const RunRecord& run);
};

const std::vector<Field>& RecordFields() {
  static const auto* const fields = new std::vector<Field>{
      {"run", [](const RunRecord& run) { return run.run; }},
      {"name", [](const RunRecord& run) { return run.name; }},
      {"method", [](const RunRecord& run) { return run.method; }},
      {"seed", [](const RunRecord& run) { return absl::StrCat(run.seed); }},
      {"status",
       [](const RunRecord& run) { return RunStatusName(run.status); }},
      {"reason", [](const RunRecord& run) { return run.reason; }},
      {"question", [](const RunRecord& run) { return run.question; }},
      {"spec_hash", [](const RunRecord& run) { return run.spec_hash; }},
      {"data_fingerprint",
       [](const RunRecord& run) { return run.data_fingerprint; }},
      {"host", [](const RunRecord& run) { return run.host; }},
      {"device", [](const RunRecord& run) { return run.device; }},
      {"git_commit",
       [](const RunRecord& run) {
         return absl::StrCat(run.git_commit,
                             run.has_git_diff ? " with changes" : "");
       }},
      {"started",
       [](const RunRecord& run) {
         return absl::FormatTime("%Y-%m-%d %H:%M:%S", run.started,
                                 absl::LocalTimeZone());
       }},
      {"last_step",
       [](const RunRecord& run) { return absl::StrCat(run.last_step); }},
  };
  return *fields;
}

const Field* FindRecordField(const std::string& name) {
  for (const Field& field : RecordFields()) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace

const std::vector<std::string>& RecordFieldNames() {
  static const auto* const names = [] {
    auto* all = new std::vector<std::string>;
    for (const Field& field : RecordFields()) all->push_back(field.name);
    return all;
  }();
  return *names;
}

std::string RecordField(const RunRecord& run, const std::string& name) {
  return FindRecordField(name)->get(run);
}

absl::Status RunFields::Add(const std::string& flag, const std::string& name) {
  if (FindRecordField(name) != nullptr || parameters_.count(name) > 0) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(auto values, tracker_.Parameter(name));
  if (values.empty()) {
    ASSIGN_OR_RETURN(std::vector<std::string> names, tracker_.ParameterPaths());
    names.insert(names.begin(), RecordFieldNames().begin(),
                 RecordFieldNames().end());
    return absl::InvalidArgumentError(absl::StrCat(
        flag, ": no run has a field '", name, "'", DidYouMean(name, names)));
  }
  parameters_.emplace(name, std::move(values));
  return absl::OkStatus();
}

std::string RunFields::Get(const RunRecord& run,
                           const std::string& name) const {
  const auto values = parameters_.find(name);
  if (values == parameters_.end()) return RecordField(run, name);
  const auto value = values->second.find(run.id);
  return value == values->second.end() ? "" : value->second;
}

}  // namespace snclr
