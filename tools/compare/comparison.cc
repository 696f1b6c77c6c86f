// SPDX-License-Identifier: MIT
#include "tools/compare/comparison.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "snclr/core/base/status_macros.h"
#include "tools/compare/baseline.h"
#include "tools/compare/first_of.h"
#include "tools/compare/grouping.h"
#include "tools/compare/run_fields.h"

namespace snclr {
namespace {

constexpr size_t kMaxNamed = 5;

bool NamesStatus(const Query& query) {
  return std::any_of(
      query.where.begin(), query.where.end(),
      [](const Condition& condition) { return condition.field == "status"; });
}

Unfinished WhatOfUnfinished(const Query& query) {
  if (query.grouping == GroupingKind::kRuns || NamesStatus(query)) {
    return Unfinished::kCounted;
  }
  return query.grouping == GroupingKind::kSpec && !query.ablation
             ? Unfinished::kAlone
             : Unfinished::kLeftOut;
}

void MakeGroups(const Query& query, Comparison* comparison) {
  if (query.grouping == GroupingKind::kFields) {
    comparison->columns = query.group_by;
  }
  if (query.grouping == GroupingKind::kSpec) {
    Grouping grouping = GroupBySpec(comparison->runs, comparison->settings);
    comparison->columns = std::move(grouping.columns);
    comparison->also_differ = std::move(grouping.also_differ);
    for (size_t i = 0; i < comparison->runs.size(); ++i) {
      comparison->runs[i].keys = std::move(grouping.keys[i]);
    }
  }
  comparison->groups =
      Aggregate(comparison->runs, WhatOfUnfinished(query), query.confidence);
}

// As --baseline takes it: "snclr.neighbors=5,snclr.temperature=0.2".
std::string AsConditions(const Comparison& comparison, size_t group) {
  std::vector<std::string> conditions;
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    conditions.push_back(absl::StrCat(comparison.columns[i], "=",
                                      comparison.groups[group].keys[i]));
  }
  return absl::StrJoin(conditions, ",");
}

std::string Choices(const Comparison& comparison,
                    const std::vector<size_t>& groups) {
  std::vector<std::string> choices;
  for (const size_t group : groups) {
    choices.push_back(
        absl::StrCat("--baseline='", AsConditions(comparison, group), "'"));
  }
  return FirstOf(choices, kMaxNamed);
}

absl::StatusOr<size_t> FindBaseline(const Tracker& tracker,
                                    const Comparison& comparison) {
  RunFields fields(tracker);
  std::vector<std::string> typed;
  for (const Condition& condition : comparison.query.baseline) {
    RETURN_IF_ERROR(fields.Add("--baseline", condition.field));
    typed.push_back(condition.text);
  }
  const std::vector<size_t> fitting = GroupsThatFit(
      comparison.query.baseline, fields, comparison.runs, comparison.groups);
  if (fitting.size() == 1) return fitting[0];
  const std::string baseline = absl::StrJoin(typed, ", ");
  if (!fitting.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--baseline: ", fitting.size(), " groups fit '", baseline,
                     "'; wanted one, such as ", Choices(comparison, fitting)));
  }
  const std::vector<size_t> all =
      GroupsThatFit({}, fields, comparison.runs, comparison.groups);
  return absl::InvalidArgumentError(absl::StrCat(
      "--baseline: no group of finished runs fits '", baseline, "'",
      all.empty() ? "; none has finished"
                  : absl::StrCat("; there are ", Choices(comparison, all))));
}

absl::StatusOr<size_t> FindCenter(const Comparison& comparison) {
  if (comparison.groups.size() == 1) {
    return absl::InvalidArgumentError(
        "--ablation: all runs have the same spec but for the seed, so nothing"
        " is varied");
  }
  const std::vector<size_t> central =
      CentralGroups(comparison.settings, comparison.runs, comparison.groups);
  if (central.size() == 1) return central[0];
  return absl::InvalidArgumentError(
      absl::StrCat("--ablation: which spec do the others vary? Name it: ",
                   Choices(comparison, central)));
}

// Leaves the groups that vary one factor.
void KeepAblated(size_t baseline, Comparison* comparison) {
  Ablation ablation = MakeAblation(comparison->settings, comparison->runs,
                                   comparison->groups, baseline);
  std::vector<size_t> new_places(comparison->groups.size());
  std::vector<Group> kept;
  for (size_t i = 0; i < comparison->groups.size(); ++i) {
    Group& group = comparison->groups[i];
    if (std::binary_search(ablation.several.begin(), ablation.several.end(),
                           i)) {
      comparison->not_ablated.push_back(GroupLabel(*comparison, group));
      continue;
    }
    new_places[i] = kept.size();
    kept.push_back(std::move(group));
  }
  comparison->groups = std::move(kept);
  for (AblationRow& row : ablation.rows) row.group = new_places[row.group];
  comparison->baseline = new_places[baseline];
  comparison->ablation = std::move(ablation.rows);
}

}  // namespace

std::string GroupLabel(const Comparison& comparison, const Group& group) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    const std::string& column = comparison.columns[i];
    const std::string key = group.keys[i].empty() ? "unset" : group.keys[i];
    const bool speaks_for_itself = column == "method" || column == "name";
    parts.push_back(speaks_for_itself ? key : absl::StrCat(column, "=", key));
  }
  return absl::StrJoin(parts, ", ");
}

absl::StatusOr<Comparison> MakeComparison(const Tracker& tracker,
                                          const Query& query) {
  Comparison comparison;
  comparison.query = query;
  ASSIGN_OR_RETURN(comparison.runs, Select(tracker, query));
  if (comparison.runs.empty()) return comparison;
  ASSIGN_OR_RETURN(comparison.settings, LoadSettings(tracker, comparison.runs));
  MakeGroups(query, &comparison);
  if (!query.baseline.empty()) {
    ASSIGN_OR_RETURN(comparison.baseline, FindBaseline(tracker, comparison));
  } else if (query.ablation) {
    ASSIGN_OR_RETURN(comparison.baseline, FindCenter(comparison));
  }
  if (query.ablation) KeepAblated(*comparison.baseline, &comparison);
  if (comparison.baseline.has_value()) {
    CompareWith(*comparison.baseline, query.confidence, &comparison.groups);
  }
  return comparison;
}

}  // namespace snclr
