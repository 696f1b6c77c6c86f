// SPDX-License-Identifier: MIT
#include "tools/compare/differences.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/compare/first_of.h"

namespace snclr {
namespace {

constexpr size_t kMaxFieldsNamed = 6;
constexpr size_t kMaxValuesNamed = 3;
constexpr size_t kMaxSeedsNamed = 10;

// How much training a run is given.
bool IsBudget(const std::string& path) {
  return path == "schedule.epochs" || path == "data.train_images";
}

// "optimizer.base_lr (0.0005, 0.001)"
std::string Named(const Setting& setting, const Settings& settings,
                  const std::set<int>& values) {
  std::set<std::string> texts;
  for (const int value : values) {
    texts.insert(value == Settings::kUnset ? "unset" : settings.texts[value]);
  }
  std::vector<std::string> shown(texts.begin(), texts.end());
  if (shown.size() > kMaxValuesNamed) {
    shown.resize(kMaxValuesNamed);
    shown.push_back("...");
  }
  return absl::StrCat(setting.path, " (", absl::StrJoin(shown, ", "), ")");
}

std::set<int> ValuesOf(const Setting& setting,
                       const std::vector<size_t>& runs) {
  std::set<int> values;
  for (const size_t run : runs) values.insert(setting.values[run]);
  return values;
}

// Of several methods, what one of them alone has says nothing new.
bool IsOfOneOf(const Setting& setting, const std::set<std::string>& methods) {
  return methods.size() > 1 && std::any_of(methods.begin(), methods.end(),
                                           [&](const std::string& method) {
                                             return IsOfMethod(setting, method);
                                           });
}

std::set<std::string> MethodsOf(const Comparison& comparison,
                                const std::vector<size_t>& runs) {
  std::set<std::string> methods;
  for (const size_t run : runs) {
    methods.insert(comparison.runs[run].record.method);
  }
  return methods;
}

// "runs of snclr", or "the runs" where nothing is grouped.
std::string RunsOf(const Comparison& comparison, const Group& group) {
  return comparison.is_grouped()
             ? absl::StrCat("runs of ", GroupLabel(comparison, group))
             : "the runs";
}

// "seed 1 (quick/1, quick/4)" for each seed that several runs have.
std::string RepeatedSeeds(const Comparison& comparison, const Group& group) {
  std::map<uint64_t, std::vector<std::string>> by_seed;
  for (const size_t run : group.counted) {
    const RunRecord& record = comparison.runs[run].record;
    by_seed[record.seed].push_back(record.run);
  }
  std::vector<std::string> repeated;
  for (const auto& [seed, names] : by_seed) {
    if (names.size() < 2) continue;
    repeated.push_back(absl::StrCat("seed ", seed, " (",
                                    FirstOf(names, kMaxFieldsNamed), ")"));
  }
  return FirstOf(repeated, kMaxFieldsNamed);
}

// What is to be said of one group's runs; "" where all is well.
std::string NoteWithin(const Comparison& comparison, const Group& group) {
  const std::set<std::string> methods = MethodsOf(comparison, group.counted);
  std::vector<std::string> differing;
  for (const Setting& setting : comparison.settings.all) {
    const std::set<int> values = ValuesOf(setting, group.counted);
    if (values.size() < 2 || IsOfOneOf(setting, methods)) continue;
    differing.push_back(Named(setting, comparison.settings, values));
  }
  if (!differing.empty()) {
    return absl::StrCat(
        RunsOf(comparison, group),
        " differ in more than the seed: ", FirstOf(differing, kMaxFieldsNamed));
  }
  const std::string repeated = RepeatedSeeds(comparison, group);
  if (repeated.empty() || !comparison.is_grouped()) return "";
  return absl::StrCat(RunsOf(comparison, group), " repeat a seed: ", repeated);
}

// What the rows of a table are to differ in.
std::string WhatIsCompared(const Comparison& comparison) {
  return comparison.query.grouping == GroupingKind::kSpec
             ? "their specs"
             : absl::StrJoin(comparison.columns, ", ");
}

// Settings that are compared, or that were said to differ in a group already.
bool IsExpected(const Comparison& comparison, const Setting& setting) {
  const std::vector<std::string>& columns = comparison.columns;
  if (std::find(columns.begin(), columns.end(), setting.path) !=
      columns.end()) {
    return true;
  }
  return std::any_of(comparison.groups.begin(), comparison.groups.end(),
                     [&](const Group& group) {
                       return ValuesOf(setting, group.counted).size() > 1;
                     });
}

void AddNotesBetween(const Comparison& comparison,
                     std::vector<std::string>* notes) {
  std::vector<size_t> counted;
  for (const Group& group : comparison.groups) {
    counted.insert(counted.end(), group.counted.begin(), group.counted.end());
  }
  const std::set<std::string> methods = MethodsOf(comparison, counted);
  const bool by_spec = comparison.query.grouping == GroupingKind::kSpec;
  std::vector<std::string> budgets, others;
  for (const Setting& setting : comparison.settings.all) {
    const std::set<int> values = ValuesOf(setting, counted);
    if (values.size() < 2 || IsOfOneOf(setting, methods)) continue;
    const std::string named = Named(setting, comparison.settings, values);
    const bool is_budget = IsBudget(setting.path);
    if (by_spec && is_budget) budgets.push_back(named);
    if ((by_spec && setting.of_spec) || IsExpected(comparison, setting)) {
      continue;
    }
    (is_budget ? budgets : others).push_back(named);
  }
  if (!budgets.empty()) {
    notes->push_back(absl::StrCat("groups have different budgets: ",
                                  absl::StrJoin(budgets, ", ")));
  }
  if (!others.empty()) {
    notes->push_back(absl::StrCat("groups differ in more than ",
                                  WhatIsCompared(comparison), ": ",
                                  FirstOf(others, kMaxFieldsNamed)));
  }
}

// "groups have different seeds: 1, 2, 3 (snclr); 1, 2 (moco_v3)"
void AddSeedNote(const Comparison& comparison,
                 std::vector<std::string>* notes) {
  std::map<std::set<uint64_t>, std::vector<std::string>> by_seeds;
  for (const Group& group : comparison.groups) {
    if (group.counted.empty() || group.is_unfinished) continue;
    std::set<uint64_t> seeds;
    for (const size_t run : group.counted) {
      seeds.insert(comparison.runs[run].record.seed);
    }
    by_seeds[seeds].push_back(GroupLabel(comparison, group));
  }
  if (by_seeds.size() < 2) return;
  std::vector<std::string> parts;
  for (const auto& [seeds, labels] : by_seeds) {
    std::vector<std::string> texts;
    for (const uint64_t seed : seeds) texts.push_back(absl::StrCat(seed));
    parts.push_back(absl::StrCat(FirstOf(texts, kMaxSeedsNamed), " (",
                                 FirstOf(labels, kMaxValuesNamed), ")"));
  }
  if (parts.size() > kMaxValuesNamed) {
    parts.resize(kMaxValuesNamed);
    parts.push_back("...");
  }
  notes->push_back(absl::StrCat("groups have different seeds: ",
                                absl::StrJoin(parts, "; ")));
}

}  // namespace

std::vector<std::string> DifferenceNotes(const Comparison& comparison) {
  std::vector<std::string> notes;
  for (const Group& group : comparison.groups) {
    const std::string note = NoteWithin(comparison, group);
    if (!note.empty()) notes.push_back(note);
  }
  if (!comparison.is_grouped()) return notes;
  AddNotesBetween(comparison, &notes);
  AddSeedNote(comparison, &notes);
  return notes;
}

}  // namespace snclr
