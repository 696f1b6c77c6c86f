// SPDX-License-Identifier: MIT
#include "tools/compare/render.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/tracker/run_status.h"
#include "snclr/core/base/did_you_mean.h"
#include "tools/compare/render_json.h"
#include "tools/compare/table.h"

namespace snclr {
namespace {

// Shortest text that reads back as the same number.
std::string Exact(std::optional<double> value) {
  if (!value.has_value()) return "";
  for (int digits = 6; digits < 17; ++digits) {
    const std::string text = absl::StrFormat("%.*g", digits, *value);
    if (std::strtod(text.c_str(), nullptr) == *value) return text;
  }
  return absl::StrFormat("%.17g", *value);
}

// How the numbers of one column are rounded: four or so digits of the largest.
class Rounding {
 public:
  void See(std::optional<double> value) {
    if (!value.has_value() || !std::isfinite(*value)) return;
    largest_ = std::max(largest_, std::abs(*value));
  }

  std::string operator()(std::optional<double> value) const {
    if (!value.has_value()) return "-";
    if (largest_ >= 1e7 || (largest_ > 0 && largest_ < 1e-3)) {
      return absl::StrFormat("%.4g", *value);
    }
    const int decimals = largest_ >= 10 ? 2 : largest_ >= 1 ? 3 : 4;
    return absl::StrFormat("%.*f", decimals, *value);
  }

 private:
  double largest_ = 0;
};

Table RunTable(const Comparison& comparison, bool exact) {
  Table table = {{{"run"}, {"method"}, {"seed", true}, {"status"}}, {}};
  std::vector<Rounding> rounding(comparison.metrics.size());
  for (const SelectedRun& run : comparison.runs) {
    for (size_t i = 0; i < rounding.size(); ++i)
      rounding[i].See(run.metrics[i]);
  }
  for (const std::string& metric : comparison.metrics) {
    table.columns.push_back({metric, true});
  }
  for (const SelectedRun& run : comparison.runs) {
    std::vector<std::string> row = {run.record.run, run.record.method,
                                    absl::StrCat(run.record.seed),
                                    RunStatusName(run.record.status)};
    for (size_t i = 0; i < rounding.size(); ++i) {
      row.push_back(exact ? Exact(run.metrics[i])
                          : rounding[i](run.metrics[i]));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

// "2 failed, 1 running"
std::string LeftOut(const Group& group) {
  std::map<std::string, int> counts;
  for (const SelectedRun& run : group.left_out) {
    ++counts[RunStatusName(run.record.status)];
  }
  std::vector<std::string> parts;
  for (const auto& [status, count] : counts) {
    parts.push_back(absl::StrCat(count, " ", status));
  }
  return absl::StrJoin(parts, ", ");
}

bool AnyLeftOut(const Comparison& comparison) {
  return std::any_of(
      comparison.groups.begin(), comparison.groups.end(),
      [](const Group& group) { return !group.left_out.empty(); });
}

Table GroupTable(const Comparison& comparison) {
  Table table;
  for (const std::string& field : comparison.group_by) {
    table.columns.push_back({field});
  }
  table.columns.push_back({"n", true});
  std::vector<Rounding> rounding(comparison.metrics.size());
  for (size_t i = 0; i < rounding.size(); ++i) {
    table.columns.push_back({comparison.metrics[i], true});
    for (const Group& group : comparison.groups) {
      rounding[i].See(group.metrics[i].mean);
    }
  }
  const bool any_left_out = AnyLeftOut(comparison);
  if (any_left_out) table.columns.push_back({"left out"});
  for (const Group& group : comparison.groups) {
    std::vector<std::string> row;
    for (const std::string& key : group.keys) {
      row.push_back(key.empty() ? "-" : key);
    }
    const int64_t n = group.counted.size();
    row.push_back(absl::StrCat(n));
    for (size_t i = 0; i < rounding.size(); ++i) {
      const Statistic& metric = group.metrics[i];
      std::string cell = rounding[i](metric.mean);
      if (metric.deviation.has_value()) {
        absl::StrAppend(&cell, " ± ", rounding[i](metric.deviation));
      }
      if (metric.n != n) absl::StrAppend(&cell, " (n=", metric.n, ")");
      row.push_back(std::move(cell));
    }
    if (any_left_out) row.push_back(LeftOut(group));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table ExactGroupTable(const Comparison& comparison) {
  Table table;
  for (const std::string& field : comparison.group_by) {
    table.columns.push_back({field});
  }
  table.columns.push_back({"n"});
  for (const std::string& metric : comparison.metrics) {
    table.columns.push_back({metric});
    table.columns.push_back({metric + "_std"});
    table.columns.push_back({metric + "_n"});
  }
  table.columns.push_back({"runs"});
  table.columns.push_back({"left_out"});
  for (const Group& group : comparison.groups) {
    std::vector<std::string> row = group.keys;
    row.push_back(absl::StrCat(group.counted.size()));
    for (const Statistic& metric : group.metrics) {
      row.push_back(Exact(metric.mean));
      row.push_back(Exact(metric.deviation));
      row.push_back(absl::StrCat(metric.n));
    }
    std::vector<std::string> runs;
    for (const SelectedRun& run : group.counted) runs.push_back(run.record.run);
    row.push_back(absl::StrJoin(runs, " "));
    row.push_back(LeftOut(group));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

absl::StatusOr<Format> ParseFormat(const std::string& name) {
  static const auto* const formats =
      new std::map<std::string, Format>{{"table", Format::kTable},
                                        {"markdown", Format::kMarkdown},
                                        {"csv", Format::kCsv},
                                        {"json", Format::kJson},
                                        {"latex", Format::kLatex}};
  const auto found = formats->find(name);
  if (found != formats->end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [format, value] : *formats) names.push_back(format);
  return absl::InvalidArgumentError(absl::StrCat("--format=", name, ": wanted ",
                                                 absl::StrJoin(names, ", "),
                                                 DidYouMean(name, names)));
}

std::string Render(const Comparison& comparison, Format format) {
  if (format == Format::kJson) return RenderJson(comparison);
  const bool grouped = !comparison.group_by.empty();
  if (format == Format::kCsv) {
    return CsvTable(grouped ? ExactGroupTable(comparison)
                            : RunTable(comparison, /*exact=*/true));
  }
  const Table table =
      grouped ? GroupTable(comparison) : RunTable(comparison, /*exact=*/false);
  switch (format) {
    case Format::kMarkdown:
      return MarkdownTable(table);
    case Format::kLatex:
      return LatexTable(table);
    default:
      return TextTable(table);
  }
}

}  // namespace snclr
