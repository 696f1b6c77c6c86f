// SPDX-License-Identifier: MIT
#include "tools/compare/compare.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/tracker/tracker.h"
#include "snclr/core/base/status_macros.h"
#include "tools/compare/comparison.h"
#include "tools/compare/condition.h"
#include "tools/compare/names.h"
#include "tools/compare/notes.h"
#include "tools/compare/render.h"
#include "tools/compare/select.h"

namespace snclr {
namespace {

absl::Status CheckCombination(const CompareOptions& options,
                              const Query& query) {
  if (!(query.confidence > 0 && query.confidence < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--confidence=", query.confidence,
                     ": wanted a share between 0 and 1, such as 0.95"));
  }
  const std::string flag = query.ablation ? "--ablation" : "--baseline";
  if (!query.ablation && options.baseline.empty()) return absl::OkStatus();
  if (query.metrics.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": of which metric? Add --metric=NAME"));
  }
  if (query.grouping == GroupingKind::kRuns) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, ": compares groups, and --group_by=run makes none"));
  }
  if (query.ablation && query.grouping == GroupingKind::kFields) {
    return absl::InvalidArgumentError(
        "--ablation: groups by itself, so --group_by can't be given too");
  }
  return absl::OkStatus();
}

absl::StatusOr<Query> ParseQuery(const CompareOptions& options) {
  Query query;
  query.metrics = Names(options.metrics);
  query.group_by = Names({options.group_by});
  query.ablation = options.ablation;
  query.confidence = options.confidence;
  if (query.group_by == std::vector<std::string>{"run"}) {
    query.grouping = GroupingKind::kRuns;
    query.group_by.clear();
  } else if (!query.group_by.empty()) {
    query.grouping = GroupingKind::kFields;
  } else if (query.metrics.empty() && !query.ablation) {
    query.grouping = GroupingKind::kRuns;  // what there is
  }
  for (const std::string& where : options.where) {
    ASSIGN_OR_RETURN(const auto conditions, ParseConditions(where));
    query.where.insert(query.where.end(), conditions.begin(), conditions.end());
  }
  ASSIGN_OR_RETURN(query.baseline,
                   ParseConditions(options.baseline, "--baseline"));
  ASSIGN_OR_RETURN(query.value, ParseValueChoice(options.value));
  RETURN_IF_ERROR(CheckCombination(options, query));
  return query;
}

// What to ask for next, where no metric is shown.
absl::StatusOr<std::string> MetricsThere(const Tracker& tracker) {
  ASSIGN_OR_RETURN(const auto names, tracker.MetricNames());
  return absl::StrCat(
      "metrics for --metric: ",
      names.empty() ? "none was recorded" : absl::StrJoin(names, ", "));
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
  ASSIGN_OR_RETURN(const Comparison comparison,
                   MakeComparison(**tracker, query));
  const bool for_readers =
      format == Format::kTable || format == Format::kMarkdown;
  std::ostream& aside = for_readers ? out : notes;
  if (comparison.runs.empty()) {
    if (!for_readers) out << Render(comparison, format);
    aside << NothingToShow(**tracker, options.db_path) << "\n";
  } else {
    std::vector<std::string> lines = Notes(comparison);
    if (query.metrics.empty()) {
      ASSIGN_OR_RETURN(std::string metrics, MetricsThere(**tracker));
      lines.insert(lines.begin(), std::move(metrics));
    }
    out << Render(comparison, format);
    if (for_readers) out << "\n";
    const char* separator = format == Format::kMarkdown ? "\n\n" : "\n";
    for (const std::string& line : lines) aside << line << separator;
  }
  for (const std::string& warning : (*tracker)->warnings()) {
    notes << "warning: " << warning << "\n";
  }
  return absl::OkStatus();
}

}  // namespace snclr
