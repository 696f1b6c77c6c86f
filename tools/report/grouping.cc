// SPDX-License-Identifier: MIT
#include "tools/report/grouping.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "snclr/core/base/status_macros.h"
#include "tools/compare/condition.h"
#include "tools/compare/differences.h"
#include "tools/compare/run_fields.h"

namespace snclr {
namespace {

std::vector<std::string> Names(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    for (const absl::string_view piece : absl::StrSplit(list, ',')) {
      const std::string name(absl::StripAsciiWhitespace(piece));
      const bool known =
          std::find(names.begin(), names.end(), name) != names.end();
      if (!name.empty() && !known) names.push_back(name);
    }
  }
  return names;
}

absl::StatusOr<std::vector<Condition>> Conditions(
    const std::vector<std::string>& texts) {
  std::vector<Condition> conditions;
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const auto some, ParseConditions(text));
    conditions.insert(conditions.end(), some.begin(), some.end());
  }
  return conditions;
}

std::string LastPart(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

// The places of the fields that have several values among the groups.
std::set<size_t> VaryingFields(const std::vector<Group>& groups,
                               bool counted_only) {
  std::map<size_t, std::set<std::string>> values;
  for (const Group& group : groups) {
    if (counted_only && group.counted.empty()) continue;
    for (size_t i = 0; i < group.keys.size(); ++i) {
      values[i].insert(group.keys[i]);
    }
  }
  std::set<size_t> varying;
  for (const auto& [place, some] : values) {
    if (some.size() > 1) varying.insert(place);
  }
  return varying;
}

// The group all of whose runs fulfil the condition, the first one of several;
// without a condition the first group of several runs, or of one.
absl::StatusOr<std::optional<size_t>> FindBaseline(
    const Tracker& tracker, const std::string& text,
    const std::vector<Group>& groups) {
  for (const size_t least : {2, 1}) {
    for (size_t g = 0; text.empty() && g < groups.size(); ++g) {
      if (groups[g].counted.size() >= least) return g;
    }
  }
  if (text.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const auto conditions, ParseConditions(text));
  RunFields fields(tracker);
  for (const Condition& condition : conditions) {
    RETURN_IF_ERROR(fields.Add("--baseline", condition.field));
  }
  for (size_t g = 0; g < groups.size(); ++g) {
    const std::vector<SelectedRun>& runs = groups[g].counted;
    const bool fits =
        std::all_of(runs.begin(), runs.end(), [&](const SelectedRun& run) {
          return std::all_of(conditions.begin(), conditions.end(),
                             [&](const Condition& condition) {
                               return Holds(
                                   condition,
                                   fields.Get(run.record, condition.field));
                             });
        });
    if (fits && !runs.empty()) return g;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--baseline=", text, ": no group of finished runs fits"));
}

Sample SampleOf(const Group& group, size_t metric) {
  Sample sample;
  for (const SelectedRun& run : group.counted) {
    if (run.metrics[metric].has_value()) {
      sample.push_back({run.record.seed, *run.metrics[metric]});
    }
  }
  return sample;
}

}  // namespace

void CompareGroups(Grouping* grouping) {
  const size_t metrics = grouping->metrics.size();
  const std::vector<Group>& groups = grouping->groups;
  grouping->differences.assign(groups.size(), std::vector<Difference>(metrics));
  grouping->adjusted_p.assign(groups.size(),
                              std::vector<std::optional<double>>(metrics));
  if (!grouping->baseline.has_value()) return;
  const size_t baseline = *grouping->baseline;
  for (size_t m = 0; m < metrics; ++m) {
    std::vector<std::optional<double>> p_values(groups.size());
    for (size_t g = 0; g < groups.size(); ++g) {
      if (g == baseline) continue;
      grouping->differences[g][m] =
          DifferenceOf(SampleOf(groups[g], m), SampleOf(groups[baseline], m));
      p_values[g] = grouping->differences[g][m].p_value;
    }
    const auto adjusted = HolmAdjusted(p_values);
    for (size_t g = 0; g < groups.size(); ++g) {
      grouping->adjusted_p[g][m] = adjusted[g];
    }
  }
}

std::vector<std::string> DefaultMetrics(const std::vector<std::string>& names) {
  std::vector<std::string> chosen;
  const auto add = [&](const std::string& name) {
    const bool known =
        std::find(chosen.begin(), chosen.end(), name) != chosen.end();
    if (!known && std::find(names.begin(), names.end(), name) != names.end()) {
      chosen.push_back(name);
    }
  };
  add("knn_top1");
  for (const std::string& name : names) {
    if (absl::EndsWith(name, "_top1")) add(name);
  }
  add("loss");
  if (chosen.empty() && !names.empty()) chosen.push_back(names[0]);
  return chosen;
}

std::vector<std::string> DefaultGroupBy(const std::vector<RunRecord>& runs,
                                        const std::vector<Parameters>& specs) {
  std::map<std::string, std::vector<Parameters>> by_method;
  for (size_t i = 0; i < runs.size(); ++i) {
    by_method[runs[i].method].push_back(specs[i]);
  }
  std::set<std::string> fields;
  for (const auto& [method, some] : by_method) {
    for (const std::string& field : VariedFields(some)) fields.insert(field);
  }
  std::vector<std::string> group_by = {"method"};
  group_by.insert(group_by.end(), fields.begin(), fields.end());
  return group_by;
}

std::vector<std::string> GroupLabels(const std::vector<std::string>& group_by,
                                     const std::vector<Group>& groups) {
  std::map<std::string, int> parts;
  for (const std::string& field : group_by) ++parts[LastPart(field)];
  const std::set<size_t> all = VaryingFields(groups, /*counted_only=*/false);
  const std::set<size_t> counted = VaryingFields(groups, /*counted_only=*/true);
  std::vector<std::string> labels;
  for (const Group& group : groups) {
    const std::set<size_t>& varying = group.counted.empty() ? all : counted;
    std::vector<std::string> pieces;
    for (size_t i = 0; i < group_by.size(); ++i) {
      const std::string& field = group_by[i];
      const bool is_named = field == "method" || field == "name";
      if (group.keys[i].empty()) continue;
      if (varying.count(i) == 0 && !(is_named && varying.empty())) continue;
      const std::string part = LastPart(field);
      pieces.push_back(is_named ? group.keys[i]
                                : absl::StrCat(parts[part] > 1 ? field : part,
                                               "=", group.keys[i]));
    }
    labels.push_back(pieces.empty() ? "all runs" : absl::StrJoin(pieces, ", "));
  }
  return labels;
}

absl::StatusOr<Grouping> GroupRuns(const Tracker& tracker,
                                   const ReportOptions& options) {
  Grouping grouping;
  Query query;
  ASSIGN_OR_RETURN(query.where, Conditions(options.where));
  ASSIGN_OR_RETURN(query.value, ParseValueChoice(options.value));
  ASSIGN_OR_RETURN(const std::vector<SelectedRun> found,
                   Select(tracker, query));
  std::vector<RunRecord> records;
  for (const SelectedRun& run : found) {
    records.push_back(run.record);
    ASSIGN_OR_RETURN(Parameters spec, tracker.Parameters(run.record.id));
    grouping.specs.push_back(std::move(spec));
  }
  query.group_by = options.group_by.empty()
                       ? DefaultGroupBy(records, grouping.specs)
                       : Names({options.group_by});
  query.metrics = Names(options.metrics);
  if (query.metrics.empty()) {
    ASSIGN_OR_RETURN(const auto names, tracker.MetricNames());
    query.metrics = DefaultMetrics(names);
  }
  ASSIGN_OR_RETURN(grouping.runs, Select(tracker, query));
  grouping.metrics = query.metrics;
  grouping.group_by = query.group_by;
  if (grouping.runs.empty()) return grouping;
  const bool any_status = std::any_of(
      query.where.begin(), query.where.end(),
      [](const Condition& condition) { return condition.field == "status"; });
  grouping.groups = Aggregate(grouping.runs, any_status);
  grouping.labels = GroupLabels(grouping.group_by, grouping.groups);
  ASSIGN_OR_RETURN(grouping.baseline,
                   FindBaseline(tracker, options.baseline, grouping.groups));
  CompareGroups(&grouping);
  ASSIGN_OR_RETURN(
      grouping.cautions,
      DifferenceNotes(tracker, grouping.group_by, grouping.groups));
  return grouping;
}

}  // namespace snclr
