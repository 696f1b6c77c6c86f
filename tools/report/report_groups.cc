// SPDX-License-Identifier: MIT
#include "tools/report/report_groups.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "snclr/core/base/status_macros.h"
#include "tools/compare/baseline.h"
#include "tools/compare/condition.h"
#include "tools/compare/differences.h"
#include "tools/compare/names.h"

namespace snclr {
namespace {

std::string LastPart(const std::string& path) {
  return path.substr(path.rfind('.') + 1);
}

// The places of the columns that have several values among the groups.
std::set<size_t> VaryingColumns(const std::vector<Group>& groups,
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

absl::StatusOr<Query> QueryOf(const Tracker& tracker,
                              const ReportOptions& options) {
  Query query;
  for (const std::string& text : options.where) {
    ASSIGN_OR_RETURN(const auto some, ParseConditions(text));
    query.where.insert(query.where.end(), some.begin(), some.end());
  }
  ASSIGN_OR_RETURN(query.value, ParseValueChoice(options.value));
  query.group_by = Names({options.group_by});
  query.grouping =
      query.group_by.empty() ? GroupingKind::kSpec : GroupingKind::kFields;
  query.metrics = Names(options.metrics);
  if (query.metrics.empty()) {
    ASSIGN_OR_RETURN(const auto names, tracker.MetricNames());
    query.metrics = DefaultMetrics(names);
  }
  if (!options.baseline.empty()) {
    ASSIGN_OR_RETURN(query.baseline, ParseConditions(options.baseline));
  }
  return query;
}

std::optional<size_t> FirstBaseline(const std::vector<Group>& groups) {
  for (const size_t least : {2, 1}) {
    for (size_t g = 0; g < groups.size(); ++g) {
      if (groups[g].counted.size() >= least) return g;
    }
  }
  return std::nullopt;
}

// Unfinished runs into the groups that they would belong to. A group that has
// no other run stays.
void GatherUnfinished(Comparison* comparison) {
  const bool counts_all = std::any_of(
      comparison->query.where.begin(), comparison->query.where.end(),
      [](const Condition& condition) { return condition.field == "status"; });
  const std::vector<std::string> baseline =
      comparison->baseline.has_value()
          ? comparison->groups[*comparison->baseline].keys
          : std::vector<std::string>();
  std::vector<Group>& groups = comparison->groups;
  groups = Aggregate(comparison->runs,
                     counts_all ? Unfinished::kCounted : Unfinished::kLeftOut,
                     comparison->query.confidence);
  comparison->baseline = FirstBaseline(groups);
  for (size_t g = 0; g < groups.size(); ++g) {
    if (!baseline.empty() && groups[g].keys == baseline) {
      comparison->baseline = g;
    }
  }
  if (comparison->baseline.has_value()) {
    CompareWith(*comparison->baseline, comparison->query.confidence, &groups);
  }
}

absl::StatusOr<std::vector<Parameters>> SpecsOf(
    const Tracker& tracker, const std::vector<SelectedRun>& runs) {
  std::map<int64_t, size_t> places;
  for (size_t i = 0; i < runs.size(); ++i) places[runs[i].record.id] = i;
  std::vector<Parameters> specs(runs.size());
  RETURN_IF_ERROR(tracker.VisitParameters(
      [&](int64_t id, const std::string& path, const std::string& value) {
        const auto place = places.find(id);
        if (place != places.end()) specs[place->second][path] = value;
      }));
  return specs;
}

}  // namespace

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

std::vector<std::string> GroupLabels(const std::vector<std::string>& columns,
                                     const std::vector<Group>& groups) {
  std::map<std::string, int> parts;
  for (const std::string& column : columns) ++parts[LastPart(column)];
  const std::set<size_t> all = VaryingColumns(groups, /*counted_only=*/false);
  const std::set<size_t> counted = VaryingColumns(groups, true);
  std::vector<std::string> labels;
  for (const Group& group : groups) {
    const std::set<size_t>& varying = group.counted.empty() ? all : counted;
    std::vector<std::string> pieces;
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string& column = columns[i];
      const bool is_named = column == "method" || column == "name";
      if (group.keys[i].empty()) continue;
      if (varying.count(i) == 0 && !(is_named && varying.empty())) continue;
      const std::string part = LastPart(column);
      pieces.push_back(is_named ? group.keys[i]
                                : absl::StrCat(parts[part] > 1 ? column : part,
                                               "=", group.keys[i]));
    }
    labels.push_back(pieces.empty() ? "all runs" : absl::StrJoin(pieces, ", "));
  }
  return labels;
}

absl::StatusOr<ReportGroups> GroupRuns(const Tracker& tracker,
                                       const ReportOptions& options) {
  ReportGroups groups;
  ASSIGN_OR_RETURN(const Query query, QueryOf(tracker, options));
  ASSIGN_OR_RETURN(groups.comparison, MakeComparison(tracker, query));
  if (groups.comparison.runs.empty()) return groups;
  ASSIGN_OR_RETURN(groups.specs, SpecsOf(tracker, groups.comparison.runs));
  GatherUnfinished(&groups.comparison);
  groups.labels =
      GroupLabels(groups.comparison.columns, groups.comparison.groups);
  groups.cautions = DifferenceNotes(groups.comparison);
  if (!groups.comparison.also_differ.empty()) {
    groups.cautions.push_back(
        absl::StrCat("groups differ in further fields, too many to show: ",
                     absl::StrJoin(groups.comparison.also_differ, ", ")));
  }
  return groups;
}

}  // namespace snclr
