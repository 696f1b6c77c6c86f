// SPDX-License-Identifier: MIT
#include <gflags/gflags.h>

#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/launch/launch.h"
#include "experiments/process/train_program.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

DEFINE_string(spec, "",
              "the experiment: a text-format ExperimentSpec, such as "
              "experiments/specs/quickstart.textproto");
DEFINE_int32(nodes, 1, "machines");
DEFINE_int32(procs_per_node, 1,
             "processes on each machine: as many as it has GPUs");
DEFINE_string(launcher, "local",
              "local: processes on this machine; slurm: a job that is queued "
              "again until the run is finished");
DEFINE_string(launch, "",
              "a text-format LaunchSpec (experiments/proto/launch.proto): "
              "nodes, processes and what Slurm is asked for; flags go over it");
DEFINE_int32(node_rank, 0,
             "which of several nodes this machine is, from 0; each of them "
             "runs the same command");
DEFINE_string(master, "",
              "HOST:PORT of node 0, where the ranks of several nodes meet");
DEFINE_bool(pin, true,
            "gives each process of this machine its own share of the cores");
DEFINE_double(grace_seconds, 10,
              "from asking a process of this machine to end to killing it");
DEFINE_bool(follow, true,
            "says what becomes of the Slurm job until it ends; without it: "
            "submits and returns");
DEFINE_bool(plan, false,
            "says what would be started, for Slurm the script, and starts "
            "nothing");
DEFINE_string(out, "runs", "as of //experiments:train");
DEFINE_string(resume, "auto", "as of //experiments:train");
DEFINE_int64(max_steps, 0, "as of //experiments:train");
DEFINE_string(db, "", "as of //experiments:train");
DEFINE_string(program, "",
              "the program that trains; left out: //experiments:train, which "
              "knows every method");
DECLARE_bool(verbose);

namespace {

constexpr char kAbout[] =
    "Trains on several processes, of this machine or of many:\n"
    "  --spec=experiments/specs/quickstart.textproto --procs_per_node=2\n"
    "A signal (Ctrl-C) is passed on to all; they make a checkpoint together, "
    "and\n"
    "the same command goes on. A process that fails ends all others; with\n"
    "--set=parallelism.restarts=N they are started again from the newest\n"
    "checkpoint. Ends with 0 when the run is finished, 2 when the input was\n"
    "wrong, 128 plus the signal that stopped it, else 1.";

std::string Absolute(const std::string& path) {
  if (path.empty()) return path;
  return std::filesystem::absolute(snclr::UserPath(path)).lexically_normal();
}

bool IsSet(const char* flag) {
  return !gflags::GetCommandLineFlagInfoOrDie(flag).is_default;
}

absl::StatusOr<int> Run(const snclr::CommandLine& line) {
  snclr::LaunchOptions options;
  options.launcher = FLAGS_launcher;
  options.command.spec = Absolute(FLAGS_spec);
  options.command.set = line.repeated.at("set");
  options.command.out = Absolute(FLAGS_out);
  options.command.db = Absolute(FLAGS_db);
  options.command.resume = FLAGS_resume;
  options.command.max_steps = FLAGS_max_steps;
  options.command.verbose = FLAGS_verbose;
  options.launch_file = snclr::UserPath(FLAGS_launch);
  if (IsSet("nodes")) {
    const std::string text = absl::StrCat("nodes=", FLAGS_nodes);
    options.launch_set.push_back({text, "--" + text});
  }
  if (IsSet("procs_per_node")) {
    const std::string text =
        absl::StrCat("procs_per_node=", FLAGS_procs_per_node);
    options.launch_set.push_back({text, "--" + text});
  }
  for (const std::string& text : line.repeated.at("slurm")) {
    options.launch_set.push_back({"slurm." + text, "--slurm=" + text});
  }
  if (IsSet("node_rank")) options.node_rank = FLAGS_node_rank;
  options.master = FLAGS_master;
  options.pin = FLAGS_pin;
  options.grace = absl::Seconds(FLAGS_grace_seconds);
  options.follow = FLAGS_follow;
  options.plan = FLAGS_plan;
  options.command.program = Absolute(FLAGS_program);
  if (FLAGS_program.empty()) {
    ASSIGN_OR_RETURN(options.command.program, snclr::FindTrainProgram());
  }
  return snclr::RunLaunch(options);
}

}  // namespace

int main(int argc, char** argv) {
  const snclr::CommandLine line = snclr::ParseCommandLine(
      kAbout,
      {{"set", "PATH=VALUE sets a field of the spec; repeatable"},
       {"slurm",
        "FIELD=VALUE sets a field of the LaunchSpec's slurm: "
        "--slurm=partition=gpu --slurm=time_minutes=480; repeatable"}},
      argc, argv);
  const absl::StatusOr<int> status = Run(line);
  return status.ok() ? *status : snclr::ExitStatus(status.status());
}
