// SPDX-License-Identifier: MIT
#include "tools/compare/render.h"

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/tracker/run_status.h"
#include "snclr/core/base/did_you_mean.h"
#include "tools/compare/group_table.h"
#include "tools/compare/render_json.h"
#include "tools/compare/rounding.h"
#include "tools/compare/table.h"

namespace snclr {
namespace {

Table RunTable(const Comparison& comparison, bool exact) {
  Table table = {{{"run"}, {"method"}, {"seed", true}, {"status"}}, {}};
  const std::vector<std::string>& metrics = comparison.query.metrics;
  std::vector<Rounding> rounding(metrics.size());
  for (const SelectedRun& run : comparison.runs) {
    for (size_t i = 0; i < rounding.size(); ++i) {
      rounding[i].See(run.metrics[i]);
    }
  }
  for (const std::string& metric : metrics) {
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
  const bool grouped = comparison.query.grouping != GroupingKind::kRuns;
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
