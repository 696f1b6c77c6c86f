// SPDX-License-Identifier: MIT
#include "tools/report/report_flags.h"

#include <gflags/gflags.h>

#include "experiments/tracker/tracker.h"

DEFINE_string(runs, "runs", "the output folder whose tracker.sqlite is read");
DEFINE_string(db, "", "a tracker database, instead of the one in --runs");
DEFINE_string(
    group_by, "",
    "fields with commas: a group for each combination of their values."
    " Left out: runs whose specs are equal but for the seed");
DEFINE_string(value, "last",
              "which of a metric's values stands for a run: last, best, or"
              " mean:K for the mean of the last K");
DEFINE_string(baseline, "",
              "a condition that names the group others are compared with, such"
              " as method=moco_v3. Left out: the first one of several runs");

namespace snclr {

std::vector<RepeatableFlag> ReportFlags() {
  return {{"metric",
           "names of metrics, with commas, the deciding one first; repeatable."
           " Left out: every top-1 accuracy, and the loss"},
          {"where",
           "conditions with commas or AND, such as method=snclr,"
           " optimizer.base_lr>=1e-4, name=quick*, status!=failed; "
           "repeatable"}};
}

ReportOptions ReportOptionsFromFlags(const CommandLine& line) {
  ReportOptions options;
  options.db_path =
      UserPath(FLAGS_db.empty() ? DefaultTrackerPath(FLAGS_runs) : FLAGS_db);
  options.metrics = line.repeated.at("metric");
  options.where = line.repeated.at("where");
  options.group_by = FLAGS_group_by;
  options.value = FLAGS_value;
  options.baseline = FLAGS_baseline;
  return options;
}

}  // namespace snclr
