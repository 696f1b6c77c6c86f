// SPDX-License-Identifier: MIT
#include "tools/compare/differences.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "snclr/core/base/status_macros.h"
#include "tools/compare/run_fields.h"

namespace snclr {
namespace {

constexpr size_t kMaxFieldsNamed = 6;
constexpr size_t kMaxValuesNamed = 3;
constexpr size_t kShortCommit = 10;
constexpr char kUnset[] = "unset";

// The values that each field has in some runs.
using FieldValues = std::map<std::string, std::set<std::string>>;

// Says how a run is named, watched or kept, not what it computes.
bool IsAboutNumbers(const std::string& path) {
  for (const char* name : {"seed", "name", "question", "base"}) {
    if (path == name) return false;
  }
  for (const char* prefix : {"tracking.", "watch.", "checkpoint."}) {
    if (absl::StartsWith(path, prefix)) return false;
  }
  return true;
}

// Every field of a run that may change its numbers.
absl::StatusOr<std::map<std::string, std::string>> FieldsOf(
    const Tracker& tracker, const RunRecord& run) {
  ASSIGN_OR_RETURN(auto fields, tracker.Parameters(run.id));
  for (auto field = fields.begin(); field != fields.end();) {
    field =
        IsAboutNumbers(field->first) ? std::next(field) : fields.erase(field);
  }
  for (const char* name : {"method", "data_fingerprint", "device"}) {
    fields[name] = RecordField(run, name);
  }
  fields["git_commit"] = absl::StrCat(run.git_commit.substr(0, kShortCommit),
                                      run.has_git_diff ? " with changes" : "");
  return fields;
}

absl::StatusOr<FieldValues> ValuesOf(const Tracker& tracker,
                                     const std::vector<SelectedRun>& runs) {
  FieldValues values;
  std::map<std::string, size_t> counts;
  for (const SelectedRun& run : runs) {
    ASSIGN_OR_RETURN(const auto fields, FieldsOf(tracker, run.record));
    for (const auto& [name, value] : fields) {
      values[name].insert(value);
      ++counts[name];
    }
  }
  for (const auto& [name, count] : counts) {
    if (count < runs.size()) values[name].insert(kUnset);
  }
  return values;
}

// Of several methods, what one of them alone has says nothing new.
void EraseMethodSettings(FieldValues* values) {
  const std::set<std::string> methods = (*values)["method"];
  if (methods.size() < 2) return;
  for (auto field = values->begin(); field != values->end();) {
    const bool is_own = std::any_of(
        methods.begin(), methods.end(), [&](const std::string& method) {
          return absl::StartsWith(field->first, absl::StrCat(method, "."));
        });
    field = is_own ? values->erase(field) : std::next(field);
  }
}

// "optimizer.base_lr (0.0005, 0.001), ..." of the fields with several values;
// "" where there is none.
std::string Differing(const FieldValues& values,
                      const std::set<std::string>& expected) {
  std::vector<std::string> named;
  size_t count = 0;
  for (const auto& [name, texts] : values) {
    if (texts.size() < 2 || expected.count(name) > 0) continue;
    if (++count > kMaxFieldsNamed) continue;
    std::vector<std::string> shown(
        texts.begin(),
        std::next(texts.begin(), std::min(texts.size(), kMaxValuesNamed)));
    if (texts.size() > kMaxValuesNamed) shown.push_back("...");
    named.push_back(absl::StrCat(name, " (", absl::StrJoin(shown, ", "), ")"));
  }
  if (count > kMaxFieldsNamed) {
    named.push_back(absl::StrCat(count - kMaxFieldsNamed, " more"));
  }
  return absl::StrJoin(named, ", ");
}

// "runs of snclr", or "the runs" where nothing is grouped.
std::string RunsOf(const Group& group) {
  std::vector<std::string> keys;
  for (const std::string& key : group.keys) {
    keys.push_back(key.empty() ? kUnset : key);
  }
  return keys.empty() ? "the runs"
                      : absl::StrCat("runs of ", absl::StrJoin(keys, ", "));
}

// "seed 1 (quick/1, quick/4)" for each seed that several runs have.
std::string RepeatedSeeds(const std::vector<SelectedRun>& runs) {
  std::map<uint64_t, std::vector<std::string>> by_seed;
  for (const SelectedRun& run : runs) {
    by_seed[run.record.seed].push_back(run.record.run);
  }
  std::vector<std::string> repeated;
  for (const auto& [seed, names] : by_seed) {
    if (names.size() < 2) continue;
    repeated.push_back(
        absl::StrCat("seed ", seed, " (", absl::StrJoin(names, ", "), ")"));
  }
  return absl::StrJoin(repeated, ", ");
}

// What is to be said of one group's runs; "" where all is well.
std::string NoteWithin(const Group& group, FieldValues values) {
  EraseMethodSettings(&values);
  const std::string differing = Differing(values, {});
  if (!differing.empty()) {
    return absl::StrCat(RunsOf(group),
                        " differ in more than the seed: ", differing);
  }
  const std::string repeated = RepeatedSeeds(group.counted);
  if (repeated.empty() || group.keys.empty()) return "";
  return absl::StrCat(RunsOf(group), " repeat a seed: ", repeated);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DifferenceNotes(
    const Tracker& tracker, const std::vector<std::string>& group_by,
    const std::vector<Group>& groups) {
  std::vector<std::string> notes;
  FieldValues between;
  // What is compared, and what was said of a group already.
  std::set<std::string> expected(group_by.begin(), group_by.end());
  std::map<std::string, size_t> counts;
  size_t group_count = 0;
  for (const Group& group : groups) {
    if (group.counted.empty()) continue;
    ++group_count;
    ASSIGN_OR_RETURN(const FieldValues values,
                     ValuesOf(tracker, group.counted));
    for (const auto& [name, texts] : values) {
      if (texts.size() > 1) expected.insert(name);
      between[name].insert(texts.begin(), texts.end());
      ++counts[name];
    }
    const std::string note = NoteWithin(group, values);
    if (!note.empty()) notes.push_back(note);
  }
  for (const auto& [name, count] : counts) {
    if (count < group_count) between[name].insert(kUnset);
  }
  EraseMethodSettings(&between);
  const std::string differing = Differing(between, expected);
  if (!differing.empty()) {
    notes.push_back(absl::StrCat("groups differ in more than ",
                                 absl::StrJoin(group_by, ", "), ": ",
                                 differing));
  }
  return notes;
}

}  // namespace snclr
