// SPDX-License-Identifier: MIT
#include "tools/compare/group_table.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/tracker/run_status.h"
#include "tools/compare/notes.h"
#include "tools/compare/rounding.h"
#include "tools/compare/rows.h"

namespace snclr {
namespace {

constexpr char kNone[] = "-";

// What may be said of a difference in one word.
std::string Verdict(const BaselineDifference& compared) {
  const Difference& difference = compared.difference;
  if (!difference.mean.has_value()) return kNone;
  if (!compared.p_holm.has_value()) {
    return std::min(difference.n, difference.baseline_n) < 2 ? "single run"
                                                             : "no spread";
  }
  if (!compared.told_apart) return "not told apart";
  return *difference.mean > 0 ? "higher" : "lower";
}

// Builds one table; which columns there are is settled at the beginning.
class Builder {
 public:
  explicit Builder(const Comparison& comparison)
      : comparison_(comparison),
        metrics_(comparison.query.metrics),
        rounding_(metrics_.size()),
        compares_(comparison.baseline.has_value()),
        metric_in_rows_(compares_ && metrics_.size() > 1 &&
                        !comparison.query.ablation),
        in_full_(metrics_.size() == 1 || metric_in_rows_) {
    size_t compared = 0;
    for (const Group& group : comparison.groups) {
      if (!group.differences.empty()) ++compared;
      any_left_out_ |= !group.left_out.empty();
      any_unfinished_ |= group.is_unfinished;
      for (size_t i = 0; i < metrics_.size(); ++i) {
        any_interval_ |= group.metrics[i].interval.has_value();
        rounding_[i].See(group.metrics[i].mean);
      }
    }
    several_compared_ = compared > 1;
  }

  Table Build() {
    Titles();
    const std::vector<Row> rows = RowsOf(comparison_);
    if (metric_in_rows_) {
      for (size_t i = 0; i < metrics_.size(); ++i) {
        for (const Row& row : rows) AddRow(row, {i}, metrics_[i]);
      }
    } else {
      std::vector<size_t> all(metrics_.size());
      for (size_t i = 0; i < all.size(); ++i) all[i] = i;
      std::string last_factor;
      for (Row row : rows) {
        if (comparison_.query.ablation) {
          if (row.is_baseline) row.keys[1] = Dashed(row.keys[1]) + " (default)";
          const std::string factor = row.keys[0];
          if (factor == last_factor) row.keys[0] = " ";
          last_factor = factor;
        }
        AddRow(row, all, "");
      }
    }
    return std::move(table_);
  }

 private:
  static std::string Dashed(const std::string& key) {
    return key.empty() ? kNone : key;
  }

  bool ShowsInterval() const { return in_full_ && !compares_ && any_interval_; }

  void Title(const std::string& title, bool is_number) {
    table_.columns.push_back({title, is_number});
  }

  void Titles() {
    const std::string interval =
        Percent(comparison_.query.confidence) + " interval";
    if (metric_in_rows_) Title("metric", false);
    for (const std::string& title : KeyTitles(comparison_)) Title(title, false);
    Title("n", true);
    if (metric_in_rows_) {
      Title("mean ± sd", true);
    } else {
      for (const std::string& metric : metrics_) {
        Title(metric, true);
        if (compares_ && !in_full_) Title("difference", true);
      }
    }
    if (ShowsInterval()) Title(interval, true);
    if (compares_ && in_full_) {
      Title("difference", true);
      Title(interval, true);
      Title(several_compared_ ? "p (Holm)" : "p", true);
      Title("verdict", false);
    }
    if (any_left_out_) Title("left out", false);
    if (any_unfinished_) Title("unfinished", false);
  }

  void AddRow(const Row& row, const std::vector<size_t>& metrics,
              const std::string& metric_name) {
    const Group& group = *row.group;
    std::vector<std::string> cells;
    if (metric_in_rows_) cells.push_back(metric_name);
    for (const std::string& key : row.keys) cells.push_back(Dashed(key));
    cells.push_back(absl::StrCat(group.counted.size()));
    for (const size_t i : metrics) {
      cells.push_back(MeanCell(group, i));
      if (compares_ && !in_full_) cells.push_back(DifferenceCell(row, i));
      if (ShowsInterval()) {
        cells.push_back(rounding_[i](group.metrics[i].interval));
      }
      if (compares_ && in_full_) AddDifferenceCells(row, i, &cells);
    }
    if (any_left_out_) cells.push_back(LeftOut(comparison_, group));
    if (any_unfinished_) cells.push_back(UnfinishedCell(group));
    table_.rows.push_back(std::move(cells));
  }

  std::string MeanCell(const Group& group, size_t i) const {
    const Statistic& metric = group.metrics[i];
    std::string cell = rounding_[i](metric.mean);
    if (metric.deviation.has_value()) {
      absl::StrAppend(&cell, " ± ", rounding_[i](metric.deviation));
    }
    const int64_t n = group.counted.size();
    if (metric.n != n) absl::StrAppend(&cell, " (n=", metric.n, ")");
    return cell;
  }

  // Difference and interval in one, with a mark where it is told apart.
  std::string DifferenceCell(const Row& row, size_t i) const {
    if (row.is_baseline) return "default";
    if (row.group->differences.empty()) return kNone;
    const BaselineDifference& compared = row.group->differences[i];
    const Difference& difference = compared.difference;
    std::string cell = rounding_[i].Signed(difference.mean);
    if (difference.interval.has_value()) {
      absl::StrAppend(&cell, " ",
                      rounding_[i](difference.interval, /*with_signs=*/true));
    }
    return absl::StrCat(cell, compared.told_apart ? " *" : "");
  }

  void AddDifferenceCells(const Row& row, size_t i,
                          std::vector<std::string>* cells) const {
    if (row.is_baseline || row.group->differences.empty()) {
      const char* first = row.is_baseline ? "baseline" : kNone;
      cells->insert(cells->end(), {first, "", "", ""});
      return;
    }
    const BaselineDifference& compared = row.group->differences[i];
    const Difference& difference = compared.difference;
    cells->push_back(rounding_[i].Signed(difference.mean));
    cells->push_back(rounding_[i](difference.interval, /*with_signs=*/true));
    cells->push_back(PValueText(compared.p_holm));
    cells->push_back(Verdict(compared));
  }

  std::string UnfinishedCell(const Group& group) const {
    if (!group.is_unfinished) return "";
    const RunRecord& record = comparison_.runs[group.counted[0]].record;
    return absl::StrCat(RunStatusName(record.status), ": ", record.run);
  }

  const Comparison& comparison_;
  const std::vector<std::string>& metrics_;
  std::vector<Rounding> rounding_;  // by metric
  const bool compares_;
  const bool metric_in_rows_;
  const bool in_full_;  // a row has one metric, with all that is known of it
  bool any_interval_ = false;
  bool any_left_out_ = false;
  bool any_unfinished_ = false;
  bool several_compared_ = false;
  Table table_;
};

void AddExactTitles(const std::string& metric, bool compares,
                    std::vector<Column>* columns) {
  for (const char* suffix : {"", "_std", "_n", "_ci_low", "_ci_high"}) {
    columns->push_back({metric + suffix});
  }
  if (!compares) return;
  for (const char* suffix : {"_difference", "_difference_ci_low",
                             "_difference_ci_high", "_test", "_p", "_p_holm"}) {
    columns->push_back({metric + suffix});
  }
}

void AddInterval(const std::optional<Interval>& interval,
                 std::vector<std::string>* cells) {
  cells->push_back(interval.has_value() ? Exact(interval->low) : "");
  cells->push_back(interval.has_value() ? Exact(interval->high) : "");
}

void AddExactCells(const Group& group, size_t i, bool compares,
                   std::vector<std::string>* cells) {
  const Statistic& metric = group.metrics[i];
  cells->push_back(Exact(metric.mean));
  cells->push_back(Exact(metric.deviation));
  cells->push_back(absl::StrCat(metric.n));
  AddInterval(metric.interval, cells);
  if (!compares) return;
  if (group.differences.empty()) {
    cells->resize(cells->size() + 6);
    return;
  }
  const BaselineDifference& compared = group.differences[i];
  cells->push_back(Exact(compared.difference.mean));
  AddInterval(compared.difference.interval, cells);
  cells->push_back(TestName(compared.difference.test));
  cells->push_back(Exact(compared.difference.p_value));
  cells->push_back(Exact(compared.p_holm));
}

}  // namespace

Table GroupTable(const Comparison& comparison) {
  return Builder(comparison).Build();
}

Table ExactGroupTable(const Comparison& comparison) {
  const bool compares = comparison.baseline.has_value();
  const std::vector<std::string>& metrics = comparison.query.metrics;
  Table table;
  for (const std::string& title : KeyTitles(comparison)) {
    table.columns.push_back({title});
  }
  if (compares) table.columns.push_back({"is_baseline"});
  table.columns.push_back({"n"});
  for (const std::string& metric : metrics) {
    AddExactTitles(metric, compares, &table.columns);
  }
  for (const char* title : {"status", "runs", "left_out"}) {
    table.columns.push_back({title});
  }
  for (const Row& row : RowsOf(comparison)) {
    const Group& group = *row.group;
    std::vector<std::string> cells = row.keys;
    if (compares) cells.push_back(row.is_baseline ? "true" : "false");
    cells.push_back(absl::StrCat(group.counted.size()));
    for (size_t i = 0; i < metrics.size(); ++i) {
      AddExactCells(group, i, compares, &cells);
    }
    std::vector<std::string> statuses, runs;
    for (const size_t run : group.counted) {
      const RunRecord& record = comparison.runs[run].record;
      runs.push_back(record.run);
      const std::string status = RunStatusName(record.status);
      if (std::find(statuses.begin(), statuses.end(), status) ==
          statuses.end()) {
        statuses.push_back(status);
      }
    }
    cells.push_back(absl::StrJoin(statuses, " "));
    cells.push_back(absl::StrJoin(runs, " "));
    cells.push_back(LeftOut(comparison, group));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace snclr
