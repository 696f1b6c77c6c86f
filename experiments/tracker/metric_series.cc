// SPDX-License-Identifier: MIT
#include "experiments/tracker/metric_series.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "snclr/core/base/status_macros.h"

namespace snclr {

absl::StatusOr<MetricSeries> MetricSeries::Create(Database& database,
                                                  int64_t run_id) {
  ASSIGN_OR_RETURN(Statement insert,
                   database.Prepare("INSERT OR REPLACE INTO points (series_id,"
                                    " step, epoch, time, value)"
                                    " VALUES (?, ?, ?, ?, ?)"));
  return MetricSeries(database, run_id, std::move(insert));
}

MetricSeries::MetricSeries(Database& database, int64_t run_id, Statement insert)
    : database_(&database), run_id_(run_id), insert_(std::move(insert)) {}

absl::StatusOr<MetricSeries::Summary*> MetricSeries::Find(
    const std::string& name) {
  const auto known = summaries_.find(name);
  if (known != summaries_.end()) return &known->second;
  ASSIGN_OR_RETURN(
      Statement select,
      database_->Prepare(
          "SELECT id, points, last_step, last_value, min_step, min_value,"
          " max_step, max_value FROM series WHERE name = ? AND run_id = ?"));
  Summary summary;
  select.Query(name, run_id_);
  if (select.Next()) {
    summary.id = select.Int(0);
    summary.points = select.Int(1);
    summary.last_step = select.Int(2);
    summary.last_value = select.Real(3);
    summary.has_extremes = !select.IsNull(4);
    summary.min_step = select.Int(4);
    summary.min_value = select.Real(5);
    summary.max_step = select.Int(6);
    summary.max_value = select.Real(7);
  } else {
    RETURN_IF_ERROR(select.status());
    ASSIGN_OR_RETURN(
        Statement insert,
        database_->Prepare("INSERT INTO series (run_id, name) VALUES (?, ?)"));
    RETURN_IF_ERROR(insert.Run(run_id_, name));
    summary.id = database_->LastInsertedRow();
  }
  return &summaries_.emplace(name, summary).first->second;
}

absl::Status MetricSeries::Add(const std::string& name, int64_t step,
                               double epoch, double time, double value) {
  ASSIGN_OR_RETURN(Summary* const summary, Find(name));
  points_.push_back({summary->id, step, epoch, time, value});
  summary->is_changed = true;
  if (summary->points > 0 && step <= summary->last_step) {
    summary->is_stale = true;
    return absl::OkStatus();
  }
  ++summary->points;
  summary->last_step = step;
  summary->last_value = value;
  if (std::isnan(value)) return absl::OkStatus();
  if (!summary->has_extremes || value < summary->min_value) {
    summary->min_step = step;
    summary->min_value = value;
  }
  if (!summary->has_extremes || value > summary->max_value) {
    summary->max_step = step;
    summary->max_value = value;
  }
  summary->has_extremes = true;
  return absl::OkStatus();
}

absl::Status MetricSeries::RemoveAfter(int64_t step) {
  RETURN_IF_ERROR(Flush());
  ASSIGN_OR_RETURN(Statement select,
                   database_->Prepare("SELECT name FROM series WHERE run_id = ?"
                                      " AND last_step > ?"));
  std::vector<std::string> names;
  for (select.Query(run_id_, step); select.Next();) {
    names.push_back(select.Text(0));
  }
  RETURN_IF_ERROR(select.status());
  ASSIGN_OR_RETURN(Statement remove,
                   database_->Prepare(
                       "DELETE FROM points WHERE series_id = ? AND step > ?"));
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(Summary* const summary, Find(name));
    RETURN_IF_ERROR(remove.Run(summary->id, step));
    summary->is_stale = summary->is_changed = true;
  }
  RETURN_IF_ERROR(Flush());
  ASSIGN_OR_RETURN(
      Statement prune,
      database_->Prepare("DELETE FROM series WHERE run_id = ? AND points = 0"));
  summaries_.clear();
  return prune.Run(run_id_);
}

absl::Status MetricSeries::Recompute(Summary& summary) {
  ASSIGN_OR_RETURN(
      Statement select,
      database_->Prepare("SELECT COUNT(*), MAX(step),"
                         " (SELECT value FROM points WHERE series_id = ?1"
                         "  ORDER BY step DESC LIMIT 1)"
                         " FROM points WHERE series_id = ?1"));
  select.Query(summary.id);
  if (select.Next()) {
    summary.points = select.Int(0);
    summary.last_step = select.Int(1);
    summary.last_value = select.Real(2);
  }
  RETURN_IF_ERROR(select.status());
  summary.has_extremes = false;
  for (const bool lowest : {true, false}) {
    ASSIGN_OR_RETURN(
        Statement extreme,
        database_->Prepare(
            lowest ? "SELECT step, value FROM points WHERE series_id = ? AND"
                     " value IS NOT NULL ORDER BY value, step LIMIT 1"
                   : "SELECT step, value FROM points WHERE series_id = ? AND"
                     " value IS NOT NULL ORDER BY value DESC, step LIMIT 1"));
    extreme.Query(summary.id);
    if (extreme.Next()) {
      summary.has_extremes = true;
      (lowest ? summary.min_step : summary.max_step) = extreme.Int(0);
      (lowest ? summary.min_value : summary.max_value) = extreme.Real(1);
    }
    RETURN_IF_ERROR(extreme.status());
  }
  summary.is_stale = false;
  return absl::OkStatus();
}

absl::Status MetricSeries::Write(const Summary& summary) {
  ASSIGN_OR_RETURN(
      Statement update,
      database_->Prepare("UPDATE series SET points = ?, last_step = ?,"
                         " last_value = ? WHERE id = ?"));
  RETURN_IF_ERROR(update.Run(summary.points, summary.last_step,
                             summary.last_value, summary.id));
  ASSIGN_OR_RETURN(
      Statement extremes,
      database_->Prepare("UPDATE series SET min_step = ?, min_value = ?,"
                         " max_step = ?, max_value = ? WHERE id = ?"));
  if (!summary.has_extremes) {
    return extremes.Run(nullptr, nullptr, nullptr, nullptr, summary.id);
  }
  return extremes.Run(summary.min_step, summary.min_value, summary.max_step,
                      summary.max_value, summary.id);
}

absl::Status MetricSeries::WritePoints() {
  // Stable: the last value of a step replaces the others.
  std::stable_sort(
      points_.begin(), points_.end(), [](const Point& a, const Point& b) {
        return std::tie(a.series, a.step) < std::tie(b.series, b.step);
      });
  for (const Point& point : points_) {
    RETURN_IF_ERROR(insert_.Run(point.series, point.step, point.epoch,
                                point.time, point.value));
  }
  points_.clear();
  return absl::OkStatus();
}

absl::Status MetricSeries::Flush() {
  RETURN_IF_ERROR(WritePoints());
  for (auto& [name, summary] : summaries_) {
    if (!summary.is_changed) continue;
    if (summary.is_stale) {
      RETURN_IF_ERROR(Recompute(summary));
    }
    RETURN_IF_ERROR(Write(summary));
    summary.is_changed = false;
  }
  return absl::OkStatus();
}

}  // namespace snclr
