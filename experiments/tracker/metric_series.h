// SPDX-License-Identifier: MIT
// The metrics of one run while events are brought into the database: points,
// and for each metric the summary that the table `series` keeps, so that
// comparing runs reads one row for each metric instead of its points.
#ifndef EXPERIMENTS_TRACKER_METRIC_SERIES_H_
#define EXPERIMENTS_TRACKER_METRIC_SERIES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/tracker/database.h"

namespace snclr {

// Lives inside one transaction of `database`, which must outlive it.
class MetricSeries {
 public:
  static absl::StatusOr<MetricSeries> Create(Database& database,
                                             int64_t run_id);

  // A second value at one step replaces the first one. Points are gathered
  // until Flush: written series by series, neighbours in the table come one
  // after the other, which is several times faster than step by step.
  absl::Status Add(const std::string& name, int64_t step, double epoch,
                   double time, double value);

  // Takes back every point after `step`, and metrics that have none left.
  absl::Status RemoveAfter(int64_t step);

  // Writes what was added, and the summaries. Call before the commit.
  absl::Status Flush();

 private:
  struct Summary {
    int64_t id = 0;
    int64_t points = 0;
    int64_t last_step = 0;
    double last_value = 0;
    bool has_extremes = false;  // some value is a number
    int64_t min_step = 0;
    double min_value = 0;
    int64_t max_step = 0;
    double max_value = 0;
    bool is_stale = false;  // a point was replaced: count and search again
    bool is_changed = false;
  };

  struct Point {
    int64_t series;
    int64_t step;
    double epoch;
    double time;
    double value;
  };

  MetricSeries(Database& database, int64_t run_id, Statement insert);
  absl::StatusOr<Summary*> Find(const std::string& name);
  absl::Status WritePoints();
  absl::Status Recompute(Summary& summary);
  absl::Status Write(const Summary& summary);

  Database* database_;
  int64_t run_id_;
  Statement insert_;
  std::vector<Point> points_;                 // not yet in the database
  std::map<std::string, Summary> summaries_;  // by metric; loaded when needed
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_METRIC_SERIES_H_
