// SPDX-License-Identifier: MIT
#include "tools/compare/select.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "snclr/core/base/did_you_mean.h"
#include "snclr/core/base/status_macros.h"
#include "tools/compare/first_of.h"
#include "tools/compare/run_fields.h"

namespace snclr {
namespace {

constexpr size_t kMaxNamed = 20;

absl::Status UnknownMetric(const Tracker& tracker, const std::string& metric) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names, tracker.MetricNames());
  return absl::InvalidArgumentError(absl::StrCat(
      "--metric: no run has '", metric, "'", DidYouMean(metric, names), " (",
      names.empty() ? "no run has recorded any"
                    : absl::StrCat("there are ", FirstOf(names, kMaxNamed)),
      ")"));
}

absl::StatusOr<double> MeanOfTail(const Tracker& tracker, int64_t run_id,
                                  const std::string& metric, int64_t count) {
  ASSIGN_OR_RETURN(const std::vector<MetricPoint> points,
                   tracker.Tail(run_id, metric, count));
  double sum = 0;
  for (const MetricPoint& point : points) sum += point.value;
  return sum / points.size();
}

// Fills metrics[index] of each run.
absl::Status FillMetric(const Tracker& tracker, const Query& query,
                        size_t index, std::vector<SelectedRun>* runs) {
  const std::string& metric = query.metrics[index];
  ASSIGN_OR_RETURN(const auto summaries, tracker.Metric(metric));
  if (summaries.empty()) return UnknownMetric(tracker, metric);
  for (SelectedRun& run : *runs) {
    const auto summary = summaries.find(run.record.id);
    if (summary == summaries.end()) continue;
    std::optional<double>& value = run.metrics[index];
    switch (query.value.kind) {
      case ValueChoice::Kind::kLast:
        value = summary->second.last_value;
        break;
      case ValueChoice::Kind::kBest:
        value = IsLowerBetter(metric) ? summary->second.min_value
                                      : summary->second.max_value;
        break;
      case ValueChoice::Kind::kMean: {
        ASSIGN_OR_RETURN(value, MeanOfTail(tracker, run.record.id, metric,
                                           query.value.count));
        break;
      }
    }
  }
  return absl::OkStatus();
}

bool AllHold(const std::vector<Condition>& conditions, const RunFields& fields,
             const RunRecord& run) {
  return std::all_of(
      conditions.begin(), conditions.end(), [&](const Condition& condition) {
        return Holds(condition, fields.Get(run, condition.field));
      });
}

}  // namespace

absl::StatusOr<ValueChoice> ParseValueChoice(absl::string_view text) {
  if (text == "last") return ValueChoice{ValueChoice::Kind::kLast, 1};
  if (text == "best") return ValueChoice{ValueChoice::Kind::kBest, 1};
  int64_t count = 0;
  absl::string_view number = text;
  if (absl::ConsumePrefix(&number, "mean:") &&
      absl::SimpleAtoi(number, &count) && count > 0) {
    return ValueChoice{ValueChoice::Kind::kMean, count};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--value=", text,
                   ": wanted last, best, or mean:K (the mean of the last K)"));
}

bool IsLowerBetter(absl::string_view metric) {
  for (const absl::string_view word :
       absl::StrSplit(metric, absl::ByAnyChar("_./- "))) {
    for (const absl::string_view lower :
         {"loss", "error", "nll", "perplexity", "seconds", "time"}) {
      if (absl::AsciiStrToLower(word) == lower) return true;
    }
  }
  return false;
}

std::string Describe(const ValueChoice& choice, const std::string& metric) {
  switch (choice.kind) {
    case ValueChoice::Kind::kLast:
      return absl::StrCat("the last ", metric);
    case ValueChoice::Kind::kBest:
      return absl::StrCat(
          "the ", IsLowerBetter(metric) ? "lowest " : "highest ", metric);
    case ValueChoice::Kind::kMean:
      break;
  }
  return absl::StrCat("the mean of the last ", choice.count, " ", metric);
}

absl::StatusOr<std::vector<SelectedRun>> Select(const Tracker& tracker,
                                                const Query& query) {
  ASSIGN_OR_RETURN(std::vector<RunRecord> records, tracker.Runs());
  std::vector<SelectedRun> selected;
  if (records.empty()) return selected;
  RunFields fields(tracker);
  for (const Condition& condition : query.where) {
    RETURN_IF_ERROR(fields.Add("--where", condition.field));
  }
  for (const std::string& name : query.group_by) {
    RETURN_IF_ERROR(fields.Add("--group_by", name));
  }
  for (RunRecord& record : records) {
    if (!AllHold(query.where, fields, record)) continue;
    SelectedRun run;
    for (const std::string& name : query.group_by) {
      run.keys.push_back(fields.Get(record, name));
    }
    run.metrics.resize(query.metrics.size());
    run.record = std::move(record);
    selected.push_back(std::move(run));
  }
  for (size_t i = 0; i < query.metrics.size(); ++i) {
    RETURN_IF_ERROR(FillMetric(tracker, query, i, &selected));
  }
  return selected;
}

}  // namespace snclr
