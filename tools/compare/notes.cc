// SPDX-License-Identifier: MIT
#include "tools/compare/notes.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/compare/differences.h"
#include "tools/compare/first_of.h"

namespace snclr {
namespace {

constexpr size_t kMaxNamed = 5;

const RunRecord& Record(const Comparison& comparison, size_t run) {
  return comparison.runs[run].record;
}

// "left out, as not finished (2): quick/3, quick/7"; "" for no runs.
std::string Listed(const std::string& what, std::vector<std::string> names) {
  if (names.empty()) return "";
  return absl::StrCat(what, " (", names.size(),
                      "): ", FirstOf(names, kMaxNamed));
}

std::string Shown(const Comparison& comparison) {
  const Query& query = comparison.query;
  std::vector<std::string> shown;
  for (const std::string& metric : query.metrics) {
    shown.push_back(Describe(query.value, metric));
  }
  std::string note =
      absl::StrCat("shown: ", FirstOf(shown, kMaxNamed), " of each run");
  if (comparison.is_grouped()) {
    absl::StrAppend(&note,
                    "; mean ± sample standard deviation over the n runs of a"
                    " group");
  }
  return note;
}

// How the groups were held against the baseline.
void AddTestNotes(const Comparison& comparison,
                  std::vector<std::string>* notes) {
  const std::string percent = Percent(comparison.query.confidence);
  if (!comparison.baseline.has_value()) {
    notes->push_back(
        absl::StrCat(percent, " interval: of the mean, by Student's t"));
    return;
  }
  bool paired = false, welch = false;
  size_t compared = 0;
  for (const Group& group : comparison.groups) {
    if (group.differences.empty()) continue;
    ++compared;
    for (const BaselineDifference& difference : group.differences) {
      paired |= difference.difference.test == DifferenceTest::kPaired;
      welch |= difference.difference.test == DifferenceTest::kWelch;
    }
  }
  const std::string tests =
      paired && welch ? "; by a paired t-test where the seeds are the same,"
                        " else Welch's"
      : paired        ? "; by a t-test paired by seed"
      : welch         ? "; by Welch's t-test, as the seeds are not the same"
                      : "";
  notes->push_back(absl::StrCat(
      "difference: to ",
      GroupLabel(comparison, comparison.groups[*comparison.baseline]),
      ", with its ", percent, " interval", tests));
  if (comparison.query.ablation && comparison.query.metrics.size() > 1) {
    notes->push_back("*: told apart from seed noise");
  }
  if (compared > 1 && (paired || welch)) {
    notes->push_back(absl::StrCat(
        "p (Holm): corrected for ", compared,
        " comparisons in each metric; the intervals are for one alone"));
  }
}

// What groups hide: single runs, runs left out, runs without a metric.
void AddGroupNotes(const Comparison& comparison,
                   std::vector<std::string>* notes) {
  const std::vector<std::string>& metrics = comparison.query.metrics;
  bool any_single = false;
  std::vector<std::string> left_out;
  for (const Group& group : comparison.groups) {
    any_single |= group.counted.size() == 1 && !group.is_unfinished;
    for (const size_t run : group.left_out) {
      left_out.push_back(Record(comparison, run).run);
    }
  }
  if (any_single && !metrics.empty()) {
    notes->push_back(
        "n = 1: a single run has no deviation, and nothing tells it from"
        " chance");
  }
  if (!left_out.empty()) {
    notes->push_back(
        absl::StrCat(Listed("left out, as not finished", left_out),
                     "; a condition on status in --where counts what it"
                     " selects"));
  }
}

void AddMissingNotes(const Comparison& comparison,
                     std::vector<std::string>* notes) {
  const std::vector<std::string>& metrics = comparison.query.metrics;
  for (size_t i = 0; i < metrics.size(); ++i) {
    std::vector<std::string> without;
    for (const Group& group : comparison.groups) {
      if (group.samples[i].size() == group.counted.size()) continue;
      for (const size_t run : group.counted) {
        if (!comparison.runs[run].metrics[i].has_value()) {
          without.push_back(Record(comparison, run).run);
        }
      }
    }
    const std::string note =
        Listed(absl::StrCat("without ", metrics[i]), std::move(without));
    if (!note.empty()) notes->push_back(note);
  }
}

// "caution: not told apart from seed noise: knn_top1 of nnclr (n = 3)"
void AddNoiseCaution(const Comparison& comparison,
                     std::vector<std::string>* notes) {
  std::vector<std::string> alike;
  for (size_t i = 0; i < comparison.query.metrics.size(); ++i) {
    for (const Group& group : comparison.groups) {
      if (group.differences.empty()) continue;
      const BaselineDifference& compared = group.differences[i];
      if (!compared.p_holm.has_value() || compared.told_apart) continue;
      alike.push_back(absl::StrCat(
          comparison.query.metrics[i], " of ", GroupLabel(comparison, group),
          " by n = ",
          std::min(compared.difference.n, compared.difference.baseline_n)));
    }
  }
  if (alike.empty()) return;
  notes->push_back(absl::StrCat("caution: not told apart from seed noise: ",
                                FirstOf(alike, kMaxNamed)));
}

}  // namespace

std::string Percent(double confidence) {
  return absl::StrCat(confidence * 100, " %");
}

std::vector<std::string> Notes(const Comparison& comparison) {
  std::vector<std::string> notes;
  const bool grouped = comparison.is_grouped();
  if (!comparison.query.metrics.empty()) {
    notes.push_back(Shown(comparison));
    if (grouped) AddTestNotes(comparison, &notes);
  }
  if (grouped) {
    AddGroupNotes(comparison, &notes);
    AddMissingNotes(comparison, &notes);
  }
  std::vector<std::string> hidden = comparison.also_differ;
  const std::string also =
      Listed("groups differ in further fields, too many to show", hidden);
  if (!also.empty()) notes.push_back(also);
  const std::string elsewhere = Listed(
      "left out, as they vary several fields at once", comparison.not_ablated);
  if (!elsewhere.empty()) notes.push_back(elsewhere);
  AddNoiseCaution(comparison, &notes);
  for (const std::string& difference : DifferenceNotes(comparison)) {
    notes.push_back(absl::StrCat(grouped ? "caution: " : "note: ", difference));
  }
  return notes;
}

}  // namespace snclr
