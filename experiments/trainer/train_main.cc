// SPDX-License-Identifier: MIT
#include "experiments/trainer/train_main.h"

#include <gflags/gflags.h>

#include <csignal>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "experiments/proto/spec.h"
#include "experiments/proto/spec_device.h"
#include "experiments/trainer/environment.h"
#include "experiments/trainer/trainer.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/process_settings.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/tensor_memory.h"
#include "snclr/core/dist/join_group.h"
#include "snclr/core/dist/rendezvous.h"

DEFINE_string(spec, "",
              "the experiment: a text-format ExperimentSpec, such as "
              "experiments/specs/quickstart.textproto");
DEFINE_string(out, "runs",
              "output folder; the run gets <out>/<name>/<id>/ with its spec, "
              "checkpoints, event files and log");
DEFINE_string(resume, "auto",
              "auto: continues the newest run of the same spec that is not "
              "finished, else begins a new one; never: begins a new one; a run "
              "(001, name/001 or a path): continues that one");
DEFINE_int64(
    max_steps, 0,
    "stops, with a checkpoint, when this many steps are done in all; the "
    "same command with more goes on; 0: no limit");
DEFINE_bool(
    profile, false,
    "records ten steps after the first three: prints where their time goes and "
    "writes profile.json, a trace for ui.perfetto.dev, into the run's folder");
DEFINE_string(
    db, "",
    "the tracker's database; left out: tracker.sqlite in the output folder");

DEFINE_string(device, "",
              "auto, cpu or cuda: sets the spec's field device, whose default "
              "is auto, a GPU where there is one");

namespace snclr {
namespace {

std::vector<std::string> Names(const MethodFactories& methods) {
  std::vector<std::string> names;
  for (const auto& [name, factory] : methods) names.push_back(name);
  return names;
}

// The ranks that this process is one of; alone where nobody says otherwise.
absl::StatusOr<std::unique_ptr<ProcessGroup>> Join(const ParallelismSpec& spec,
                                                   const Rendezvous& place,
                                                   bool on_gpu) {
  GroupOptions options;
  options.place = place;
  if (spec.backend() == NCCL || (spec.backend() == AUTO && on_gpu)) {
    options.backend = GroupOptions::Backend::kNccl;
  }
  options.timeout = absl::Seconds(spec.timeout_seconds());
  options.must_agree = {{"program", ProgramFingerprint()}};
  options.join_timeout = absl::Seconds(spec.join_seconds());
  return JoinGroup(options);
}

absl::StatusOr<TrainResult> Run(const MethodFactories& methods,
                                std::vector<std::string> assignments) {
  if (FLAGS_spec.empty()) {
    return absl::InvalidArgumentError(
        "--spec is missing; for a first run: "
        "--spec=experiments/specs/quickstart.textproto");
  }
  if (FLAGS_max_steps < 0) {
    return absl::InvalidArgumentError("--max_steps is negative");
  }
  if (!FLAGS_device.empty()) {
    ASSIGN_OR_RETURN(assignments.emplace_back(),
                     DeviceAssignment(FLAGS_device));
  }
  ASSIGN_OR_RETURN(const ExperimentSpec spec,
                   LoadSpec(UserPath(FLAGS_spec), assignments));
  const auto factory = methods.find(MethodName(spec));
  if (factory == methods.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat(FLAGS_spec, ": its method is '", MethodName(spec),
                     "', this program trains '",
                     absl::StrJoin(Names(methods), "', '"), "'"));
  }
  TrainOptions options;
  options.out = UserPath(FLAGS_out);
  options.db =
      FLAGS_db.empty() ? options.out + "/tracker.sqlite" : UserPath(FLAGS_db);
  options.resume = FLAGS_resume;
  options.max_steps = FLAGS_max_steps;
  options.profile = FLAGS_profile;
  options.source_folder = SourceFolder();
  const ParallelismSpec& parallelism = spec.parallelism();
  ASSIGN_OR_RETURN(
      const Rendezvous place,
      FindRendezvous(parallelism.master_address(), parallelism.master_port()));
  ASSIGN_OR_RETURN(options.device, OpenSpecDevice(spec, place.local_rank));
  ASSIGN_OR_RETURN(const std::unique_ptr<ProcessGroup> group,
                   Join(parallelism, place, options.device.device.is_cuda()));
  return Train(spec, options, factory->second, *group);
}

}  // namespace

int TrainMain(const std::string& about, const MethodFactories& methods,
              int argc, char** argv) {
  UsePatientThreads(argv);
  KeepTensorMemory();
  const CommandLine line = ParseCommandLine(
      about, {{"set", "PATH=VALUE sets a field of the spec; repeatable"}}, argc,
      argv);
  // A limit on a file's size is a full disk, not a reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  const auto result = Run(methods, line.repeated.at("set"));
  if (!result.ok()) return ExitStatus(result.status());
  return result->signal != 0 ? 128 + result->signal : 0;
}

}  // namespace snclr
