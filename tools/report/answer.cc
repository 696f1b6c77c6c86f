// SPDX-License-Identifier: MIT
#include "tools/report/answer.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace snclr {
namespace {

constexpr double kLevel = 0.05;
constexpr size_t kManyGroups = 10;

bool IsPercent(const std::string& metric) {
  return absl::StrContains(metric, "_top");
}

std::string WithUnit(double value, const std::string& metric) {
  return absl::StrCat(FormatNumber(value), IsPercent(metric) ? " %" : "");
}

std::string Runs(int64_t n) {
  return absl::StrCat(n, n == 1 ? " run" : " runs");
}

std::string MeanText(const Statistic& statistic, const std::string& metric) {
  std::string text = WithUnit(*statistic.mean, metric);
  if (statistic.interval.has_value()) {
    absl::StrAppend(&text, " (95 % interval ",
                    FormatNumber(statistic.interval->low), " to ",
                    FormatNumber(statistic.interval->high), ", ",
                    Runs(statistic.n), ")");
  } else {
    absl::StrAppend(&text, " (", Runs(statistic.n), ")");
  }
  return text;
}

// Groups that have a finite mean of the first metric, the best one first.
std::vector<size_t> Ranked(const Comparison& comparison) {
  const bool lower = IsLowerBetter(comparison.query.metrics[0]);
  std::vector<size_t> ranked;
  const auto mean = [&](size_t g) {
    return *comparison.groups[g].metrics[0].mean;
  };
  for (size_t g = 0; g < comparison.groups.size(); ++g) {
    const Statistic& statistic = comparison.groups[g].metrics[0];
    if (statistic.mean.has_value() && std::isfinite(*statistic.mean)) {
      ranked.push_back(g);
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(), [&](size_t a, size_t b) {
    return lower ? mean(a) < mean(b) : mean(a) > mean(b);
  });
  return ranked;
}

std::string PText(double p) {
  return p < 0.001 ? "p < 0.001" : absl::StrFormat("p = %.2g", p);
}

// How the best group stands to the other one, whose difference is `difference`
// as best minus other.
std::string Against(const std::string& other, const Difference& difference,
                    std::optional<double> p, bool lower,
                    const std::string& metric) {
  const double size = std::abs(difference.mean.value_or(0));
  const std::string amount =
      absl::StrCat(FormatNumber(size), IsPercent(metric) ? " points" : "",
                   lower ? " below " : " above ", other);
  if (!p.has_value()) {
    return absl::StrCat(
        "It is ", amount,
        "; there are too few runs to tell a difference from the noise of "
        "seeds.");
  }
  const std::string interval =
      difference.interval.has_value()
          ? absl::StrCat("95 % interval of the difference ",
                         FormatNumber(difference.interval->low), " to ",
                         FormatNumber(difference.interval->high), ", ")
          : "";
  if (*p < kLevel) {
    return absl::StrCat("It is ", amount, " (", interval, PText(*p), ").");
  }
  return absl::StrCat("It is ", amount, ", which seeds alone may explain (",
                      interval, PText(*p), ").");
}

Difference Flipped(Difference difference) {
  if (difference.mean.has_value()) difference.mean = -*difference.mean;
  if (difference.interval.has_value()) {
    difference.interval =
        Interval{-difference.interval->high, -difference.interval->low};
  }
  return difference;
}

}  // namespace

std::string FormatNumber(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value)) return "not a number";
  if (size >= 1000) return absl::StrFormat("%.0f", value);
  if (size >= 100) return absl::StrFormat("%.1f", value);
  if (size >= 1 || size == 0) return absl::StrFormat("%.2f", value);
  return absl::StrFormat("%.3g", value);
}

std::string Answer(const ReportGroups& groups) {
  const Comparison& comparison = groups.comparison;
  if (comparison.runs.empty()) return "There are no runs.";
  if (comparison.query.metrics.empty()) {
    return "No run has recorded a metric yet.";
  }
  const std::string& metric = comparison.query.metrics[0];
  const std::vector<size_t> ranked = Ranked(comparison);
  if (ranked.empty()) {
    return absl::StrCat("No run that counts has ", metric,
                        " yet: only finished runs count.");
  }
  const size_t best = ranked[0];
  const Statistic& statistic = comparison.groups[best].metrics[0];
  if (ranked.size() == 1) {
    return absl::StrCat(groups.labels[best], " reaches ", metric, " ",
                        MeanText(statistic, metric), ".");
  }
  const bool lower = IsLowerBetter(metric);
  std::string text = absl::StrCat(groups.labels[best], " has the ",
                                  lower ? "lowest " : "highest ", metric, ": ",
                                  MeanText(statistic, metric), ".");
  const bool baseline_is_best = comparison.baseline == best;
  const size_t other =
      baseline_is_best ? ranked[1] : comparison.baseline.value_or(ranked[1]);
  const Group& compared = comparison.groups[baseline_is_best ? other : best];
  if (compared.differences.empty()) return text;
  const BaselineDifference& entry = compared.differences[0];
  if (!entry.difference.mean.has_value()) return text;
  absl::StrAppend(
      &text, " ",
      Against(groups.labels[other],
              baseline_is_best ? Flipped(entry.difference) : entry.difference,
              entry.p_holm, lower, metric));
  if (ranked.size() > kManyGroups) {
    absl::StrAppend(&text, " The best of ", ranked.size(),
                    " groups is partly lucky: run it again with new seeds "
                    "before you believe its number.");
  }
  return text;
}

}  // namespace snclr
