// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "experiments/tracker/tracker.h"
#include "snclr/core/base/command_line.h"
#include "tools/report/report.h"

DEFINE_string(out, "report.html", "the file that is written");
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

namespace {

constexpr char kAbout[] =
    "Writes what runs came to as one HTML file that needs nothing else:\n"
    "  --out=report.html --where='name=quick*' --baseline=method=moco_v3";

}  // namespace

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      kAbout,
      {{"metric",
        "names of metrics, with commas, the deciding one first; repeatable."
        " Left out: every top-1 accuracy, and the loss"},
       {"where",
        "conditions with commas or AND, such as method=snclr,"
        " optimizer.base_lr>=1e-4, name=quick*, status!=failed; repeatable"}},
      argc, argv);
  snclr::ReportOptions options;
  options.db_path = snclr::UserPath(
      FLAGS_db.empty() ? snclr::DefaultTrackerPath(FLAGS_runs) : FLAGS_db);
  options.metrics = line.repeated.at("metric");
  options.where = line.repeated.at("where");
  options.group_by = FLAGS_group_by;
  options.value = FLAGS_value;
  options.baseline = FLAGS_baseline;
  return snclr::ExitStatus(
      snclr::WriteReport(options, snclr::UserPath(FLAGS_out), std::cout));
}
