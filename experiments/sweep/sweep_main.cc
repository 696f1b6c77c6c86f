// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "experiments/process/train_program.h"
#include "experiments/sweep/sweep.h"
#include "experiments/tracker/tracker.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

DEFINE_string(sweep, "",
              "the sweep: a text-format SweepSpec, such as "
              "experiments/specs/ablations/neighbors.textproto");
DEFINE_string(base, "",
              "another base spec than the sweep's own: the same question at "
              "another scale; rename it too, --set=name=...");
DEFINE_int32(jobs, 1,
             "how many trials run at once; on this machine they share its "
             "cores, with Slurm it is the array's limit");
DEFINE_string(launcher, "local",
              "local: processes on this machine; slurm: a job array");
DEFINE_string(out, "runs",
              "output folder; runs are in <out>/<name>/<id>/, what the sweep "
              "itself keeps in <out>/<name>/sweep/");
DEFINE_string(
    db, "",
    "the tracker's database; left out: tracker.sqlite in the output folder");
DEFINE_bool(plan, false,
            "lists the trials, what has become of each and how long it will "
            "take, and starts nothing");
DEFINE_bool(retry_failed, false,
            "forgets earlier failures: trials that were given up are tried "
            "again");
DEFINE_bool(rerun_missing, false,
            "runs a trial again whose run is finished but whose folder has "
            "been deleted; without it the result in the tracker counts");
DEFINE_string(program, "",
              "the program that trains; left out: //experiments:train, which "
              "knows every method");

namespace {

constexpr char kAbout[] =
    "Runs what is missing of a sweep:\n"
    "  --sweep=experiments/specs/ablations/neighbors.textproto --jobs=2\n"
    "A trial is its resolved spec: one that is finished, in whatever way it "
    "was\n"
    "started, is not run again; one that was interrupted goes on. The same\n"
    "command again therefore continues a sweep. Ends with 0 when every trial "
    "is\n"
    "finished or stopped early, with 1 when one was given up.";

std::string Absolute(const std::string& path) {
  return std::filesystem::absolute(snclr::UserPath(path)).lexically_normal();
}

absl::StatusOr<int> Run(const snclr::CommandLine& line) {
  if (FLAGS_sweep.empty()) {
    return absl::InvalidArgumentError(
        "--sweep is missing; for a first one: "
        "--sweep=experiments/specs/ablations/neighbors.textproto");
  }
  snclr::SweepOptions options;
  options.sweep = snclr::UserPath(FLAGS_sweep);
  options.set = line.repeated.at("set");
  if (!FLAGS_base.empty()) options.base = Absolute(FLAGS_base);
  options.out = Absolute(FLAGS_out);
  options.db = FLAGS_db.empty() ? snclr::DefaultTrackerPath(options.out)
                                : Absolute(FLAGS_db);
  options.launcher = FLAGS_launcher;
  options.jobs = FLAGS_jobs;
  options.plan = FLAGS_plan;
  options.retry_failed = FLAGS_retry_failed;
  options.rerun_missing = FLAGS_rerun_missing;
  if (FLAGS_program.empty()) {
    ASSIGN_OR_RETURN(options.program, snclr::FindTrainProgram());
  } else {
    options.program = Absolute(FLAGS_program);
  }
  return snclr::RunSweep(options);
}

}  // namespace

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      kAbout,
      {{"set",
        "PATH=VALUE sets a field of every trial's spec; name=... renames the "
        "sweep; repeatable"}},
      argc, argv);
  const absl::StatusOr<int> status = Run(line);
  return status.ok() ? *status : snclr::ExitStatus(status.status());
}
