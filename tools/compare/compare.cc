// SPDX-License-Identifier: MIT
#include "tools/compare/compare.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "experiments/tracker/tracker.h"
#include "snclr/core/base/status_macros.h"
#include "tools/compare/aggregate.h"
#include "tools/compare/comparison.h"
#include "tools/compare/condition.h"
#include "tools/compare/differences.h"
#include "tools/compare/render.h"
#include "tools/compare/select.h"

namespace snclr {
namespace {

// "a, b" and "c" as a, b, c; a name that is given twice counts once.
std::vector<std::string> Names(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    for (const absl::string_view piece : absl::StrSplit(list, ',')) {
      const std::string name(absl::StripAsciiWhitespace(piece));
      if (name.empty()) continue;
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

absl::StatusOr<Query> ParseQuery(const CompareOptions& options) {
  Query query;
  query.metrics = Names(options.metrics);
  query.group_by = Names({options.group_by});
  for (const std::string& where : options.where) {
    ASSIGN_OR_RETURN(const auto conditions, ParseConditions(where));
    query.where.insert(query.where.end(), conditions.begin(), conditions.end());
  }
  ASSIGN_OR_RETURN(query.value, ParseValueChoice(options.value));
  return query;
}

bool NamesStatus(const Query& query) {
  return std::any_of(
      query.where.begin(), query.where.end(),
      [](const Condition& condition) { return condition.field == "status"; });
}

// Which value of each metric is shown, and where none is, which there are.
absl::StatusOr<std::string> MetricNote(const Tracker& tracker,
                                       const Query& query) {
  if (!query.metrics.empty()) {
    std::vector<std::string> shown;
    for (const std::string& metric : query.metrics) {
      shown.push_back(Describe(query.value, metric));
    }
    return absl::StrCat(
        "shown: ", absl::StrJoin(shown, ", "), " of each run",
        query.group_by.empty()
            ? ""
            : "; mean ± sample standard deviation over the n runs of a group");
  }
  ASSIGN_OR_RETURN(const auto names, tracker.MetricNames());
  return absl::StrCat(
      "metrics for --metric: ",
      names.empty() ? "none was recorded" : absl::StrJoin(names, ", "));
}

// What groups hide: single runs, runs left out, runs without a metric.
std::vector<std::string> GroupNotes(const Comparison& comparison) {
  bool any_single = false;
  std::vector<std::string> left_out;
  for (const Group& group : comparison.groups) {
    any_single = any_single || group.counted.size() == 1;
    for (const SelectedRun& run : group.left_out) {
      left_out.push_back(run.record.run);
    }
  }
  std::vector<std::string> notes;
  if (any_single && !comparison.metrics.empty()) {
    notes.push_back("n = 1: a single run has no deviation");
  }
  if (!left_out.empty()) {
    constexpr size_t kMaxNamed = 5;
    const size_t named = std::min(left_out.size(), kMaxNamed);
    notes.push_back(absl::StrCat(
        "left out, as not finished: ",
        absl::StrJoin(left_out.begin(), left_out.begin() + named, ", "),
        named < left_out.size()
            ? absl::StrCat(" and ", left_out.size() - named, " more")
            : "",
        "; a condition on status in --where counts what it selects"));
  }
  return notes;
}

absl::StatusOr<Comparison> MakeComparison(const Tracker& tracker,
                                          const Query& query,
                                          std::vector<std::string>* notes) {
  Comparison comparison = {query.metrics, query.group_by, {}, {}};
  ASSIGN_OR_RETURN(comparison.runs, Select(tracker, query));
  if (comparison.runs.empty()) return comparison;
  ASSIGN_OR_RETURN(std::string metric_note, MetricNote(tracker, query));
  notes->push_back(std::move(metric_note));
  const bool grouped = !query.group_by.empty();
  comparison.groups =
      Aggregate(comparison.runs, /*any_status=*/!grouped || NamesStatus(query));
  if (grouped) {
    const auto group_notes = GroupNotes(comparison);
    notes->insert(notes->end(), group_notes.begin(), group_notes.end());
  }
  ASSIGN_OR_RETURN(const auto differences,
                   DifferenceNotes(tracker, query.group_by, comparison.groups));
  for (const std::string& difference : differences) {
    notes->push_back(
        absl::StrCat(grouped ? "caution: " : "note: ", difference));
  }
  return comparison;
}

std::string NothingToShow(const Tracker& tracker, const std::string& path) {
  const auto runs = tracker.Runs();
  if (!runs.ok() || runs->empty()) return absl::StrCat("no runs yet in ", path);
  return absl::StrCat("no runs match: ", runs->size(), " runs in ", path,
                      ", none for which --where holds");
}

}  // namespace

absl::Status RunCompare(const CompareOptions& options, std::ostream& out,
                        std::ostream& notes) {
  ASSIGN_OR_RETURN(const Format format, ParseFormat(options.format));
  ASSIGN_OR_RETURN(const Query query, ParseQuery(options));
  const auto tracker = Tracker::Open(options.db_path);
  if (absl::IsNotFound(tracker.status())) {
    return absl::NotFoundError(
        absl::StrCat(tracker.status().message(),
                     "; --db names the database of another output folder"));
  }
  RETURN_IF_ERROR(tracker.status());
  std::vector<std::string> lines;
  ASSIGN_OR_RETURN(const Comparison comparison,
                   MakeComparison(**tracker, query, &lines));
  const bool for_readers =
      format == Format::kTable || format == Format::kMarkdown;
  std::ostream& aside = for_readers ? out : notes;
  if (comparison.runs.empty()) {
    if (!for_readers) out << Render(comparison, format);
    aside << NothingToShow(**tracker, options.db_path) << "\n";
  } else {
    out << Render(comparison, format);
    if (for_readers) out << "\n";
  }
  const char* separator = format == Format::kMarkdown ? "\n\n" : "\n";
  for (const std::string& line : lines) aside << line << separator;
  for (const std::string& warning : (*tracker)->warnings()) {
    notes << "warning: " << warning << "\n";
  }
  return absl::OkStatus();
}

}  // namespace snclr
