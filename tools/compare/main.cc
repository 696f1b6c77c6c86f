// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <iostream>

#include "experiments/tracker/tracker.h"
#include "snclr/core/base/command_line.h"
#include "tools/compare/compare.h"

DEFINE_string(
    group_by, "",
    "fields with commas: one row for each combination of their"
    " values. method, name, seed, status, or any field of the spec by"
    " its path (snclr.neighbors). Only finished runs count, unless"
    " --where names the status. \"run\": one row for each run. Without"
    " it, runs whose specs are equal but for the seed are one row");
DEFINE_string(
    baseline, "",
    "the group that others are held against, as a condition like those"
    " of --where: method=moco_v3. Shows the difference with its"
    " interval and p-value, paired by seed where the seeds are the"
    " same");
DEFINE_bool(
    ablation, false,
    "a table of factors: runs that differ from the baseline in one field"
    " of the spec each. Without --baseline it is the spec that the"
    " others were made from, if only one can be");
DEFINE_double(confidence, 0.95,
              "of the intervals, and one minus it the level of the tests");
DEFINE_string(value, "last",
              "which of a metric's values stands for a run: last, best, or"
              " mean:K for the mean of the last K");
DEFINE_string(format, "table", "table, markdown, csv, json or latex");
DEFINE_string(out, "runs", "the output folder whose tracker.sqlite is read");
DEFINE_string(db, "", "a tracker database, instead of the one in --out");

namespace {

constexpr char kAbout[] =
    "Compares what runs came to:\n"
    "  --metric=knn_top1,loss                    runs with one spec are a row\n"
    "  --metric=knn_top1 --group_by=method --baseline=method=moco_v3\n"
    "  --metric=knn_top1 --ablation --where='name=neighbors*' --format=latex\n"
    "Without --metric it lists the runs and the metrics there are. No run, or\n"
    "none that matches, is said and is no failure (exit status 0); a missing\n"
    "database or an unknown field is (2).";

}  // namespace

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      kAbout,
      {{"metric",
        "names of metrics, with commas (one that has a comma in double quotes);"
        " repeatable"},
       {"where",
        "conditions with commas or AND, such as method=snclr,"
        " optimizer.base_lr>=1e-4, name=quick*, status!=failed; repeatable"}},
      argc, argv);
  snclr::CompareOptions options;
  options.db_path = snclr::UserPath(
      FLAGS_db.empty() ? snclr::DefaultTrackerPath(FLAGS_out) : FLAGS_db);
  options.metrics = line.repeated.at("metric");
  options.group_by = FLAGS_group_by;
  options.where = line.repeated.at("where");
  options.baseline = FLAGS_baseline;
  options.ablation = FLAGS_ablation;
  options.confidence = FLAGS_confidence;
  options.value = FLAGS_value;
  options.format = FLAGS_format;
  return snclr::ExitStatus(snclr::RunCompare(options, std::cout, std::cerr));
}
