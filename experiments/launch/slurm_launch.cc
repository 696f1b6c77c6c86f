// SPDX-License-Identifier: MIT
#include "experiments/launch/slurm_launch.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "experiments/launch/run_state.h"
#include "experiments/launch/slurm_script.h"
#include "experiments/process/pass_on_signals.h"
#include "experiments/process/slurm.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/environment.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kLookEvery = absl::Milliseconds(200);
// The controller is everybody's: it is not asked more often.
constexpr absl::Duration kAskEvery = absl::Seconds(2);
// It may be restarted, or busy, without the job's noticing.
constexpr absl::Duration kSilentFor = absl::Minutes(5);

bool IsInPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const absl::string_view folder :
       absl::StrSplit(path == nullptr ? "" : path, ':')) {
    if (access(absl::StrCat(folder, "/", program).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

// The first <parent>/<n> that is not there.
std::string NextFolder(const std::string& parent) {
  std::error_code ignored;
  for (int n = 1;; ++n) {
    const std::string path =
        absl::StrCat(parent, "/", absl::Dec(n, absl::kZeroPad3));
    if (!fs::exists(path, ignored)) return path;
  }
}

absl::StatusOr<std::string> MakeNextFolder(const std::string& parent) {
  while (true) {
    const std::string path = NextFolder(parent);
    std::error_code error;
    // False where another process was faster.
    if (fs::create_directories(path, error)) return path;
    if (error) {
      return absl::PermissionDeniedError(
          absl::StrCat("cannot make the folder ", path, ": ", error.message()));
    }
  }
}

// Where tools/bazel runs this program it is inside the build environment; the
// nodes are not, and get there by the same script, which has to lie on them
// all.
std::vector<std::string> EnterEnvironment() {
  const char* script = std::getenv("SNCLR_ENTER");
  const char* kind = std::getenv("SNCLR_KIND");
  const char* cache = std::getenv("SNCLR_CACHE");
  if (script == nullptr || kind == nullptr || cache == nullptr) return {};
  std::vector<std::string> words = {"env", absl::StrCat("SNCLR_CACHE=", cache),
                                    script, "in-environment"};
  if (absl::string_view(kind) == "cuda") words.push_back("--config=cuda");
  words.push_back("--");
  return words;
}

void Say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

class Follower {
 public:
  Follower(const SlurmLaunchOptions& options, std::string job,
           std::string output)
      : options_(options), job_(std::move(job)), output_(std::move(output)) {}

  absl::StatusOr<int> Run() {
    const PassOnSignals signals({SIGINT, SIGTERM, SIGHUP});
    absl::Time ask_at = absl::InfinitePast(), heard = absl::Now();
    while (true) {
      if (const int signal = signals.Take()) return LeaveAlone(signal);
      if (absl::Now() >= ask_at) {
        const auto said = AskSlurmJob(job_);
        ask_at = absl::Now() + kAskEvery;
        if (said.ok()) {
          heard = absl::Now();
          const bool over = IsOver(*said);
          ShowOutput();
          ShowState(*said);
          if (over) return End(*said);
        } else if (absl::Now() - heard > kSilentFor) {
          return said.status();
        }
      }
      ShowOutput();
      absl::SleepFor(kLookEvery);
    }
  }

  std::string Hint() const {
    return absl::StrCat("launch: its output: ", output_,
                        "\nlaunch: its state: squeue --job=", job_,
                        "; to end it, with a checkpoint: scancel ", job_);
  }

 private:
  // Seen twice: a job that is queued again passes through such states.
  bool IsOver(const SlurmJob& job) {
    const bool ended = job.state != "PENDING" && job.state != "CONFIGURING" &&
                       job.state != "RUNNING" && job.state != "COMPLETING" &&
                       job.state != "SUSPENDED" && job.state != "STOPPED" &&
                       job.state != "REQUEUED" && job.state != "REQUEUE_HOLD" &&
                       job.state != "REQUEUE_FED" && job.state != "RESIZING" &&
                       job.state != "SIGNALING" && job.state != "STAGE_OUT";
    const bool over = ended && job.state == ended_as_;
    ended_as_ = ended ? job.state : "";
    return over;
  }

  void ShowState(const SlurmJob& job) {
    std::string state = job.state;
    if (job.state == "PENDING" && job.reason != "None") {
      absl::StrAppend(&state, " (", job.reason, ")");
    }
    if (job.state == "RUNNING") absl::StrAppend(&state, " on ", job.nodes);
    if (job.restarts > 0) {
      absl::StrAppend(&state, ", queued again ", job.restarts,
                      job.restarts == 1 ? " time" : " times");
    }
    if (state == shown_state_) return;
    shown_state_ = state;
    Say(absl::StrCat("launch: job ", job_, " ", state));
  }

  void ShowOutput() {
    std::ifstream stream(output_, std::ios::binary);
    if (!stream) return;
    stream.seekg(shown_bytes_);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    shown_bytes_ += static_cast<std::streamoff>(text.size());
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  int LeaveAlone(int signal) {
    Say(absl::StrCat("launch: job ", job_, " goes on without this command\n",
                     Hint()));
    return 128 + signal;
  }

  absl::StatusOr<int> End(const SlurmJob& job) {
    if (job.state == "COMPLETED") return 0;
    if (job.exit_status == 2) return 2;
    const std::string checkpoint =
        NewestCheckpoint(options_.spec, options_.command.out);
    return absl::AbortedError(absl::StrCat(
        "job ", job_, " ended as ", job.state,
        job.exit_status != 0 ? absl::StrCat(" with status ", job.exit_status)
                             : "",
        checkpoint.empty()
            ? "; there is no checkpoint to go on from"
            : absl::StrCat("; the same command goes on from ", checkpoint)));
  }

  const SlurmLaunchOptions& options_;
  const std::string job_;
  const std::string output_;
  std::string ended_as_;
  std::string shown_state_;
  std::streamoff shown_bytes_ = 0;
};

}  // namespace

absl::StatusOr<int> LaunchWithSlurm(const SlurmLaunchOptions& options) {
  const int gpus = options.launch.slurm().gpus_per_node();
  if (gpus > 0 && options.launch.procs_per_node() > gpus &&
      options.spec.parallelism().backend() != GLOO) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--procs_per_node=", options.launch.procs_per_node(), ": a node has ",
        gpus, gpus == 1 ? " GPU" : " GPUs", " (slurm.gpus_per_node), and each ",
        "process wants its own; --set=parallelism.backend=GLOO lets them "
        "share"));
  }
  const std::string parent =
      absl::StrCat(options.command.out, "/", options.spec.name(), "/launch");
  const auto script_in = [&](const std::string& folder) {
    TrainCommand command = options.command;
    command.spec = folder + "/spec.textproto";
    command.set.clear();
    command.enter = EnterEnvironment();
    return SlurmScript(options.launch, options.spec, command,
                       folder + "/output");
  };
  if (options.plan) {
    const std::string folder = NextFolder(parent);
    Say(absl::StrCat("launch: would submit ", folder, "/job.sh\n\n",
                     script_in(folder)));
    return 0;
  }
  if (!IsInPath("sbatch") || !IsInPath("scontrol")) {
    return absl::FailedPreconditionError(
        "--launcher=slurm: this machine has no Slurm (no sbatch in the PATH); "
        "--plan prints the script all the same");
  }
  ASSIGN_OR_RETURN(const std::string folder, MakeNextFolder(parent));
  RETURN_IF_ERROR(WriteFileAtomically(folder + "/spec.textproto",
                                      SpecToText(options.spec)));
  RETURN_IF_ERROR(WriteFileAtomically(folder + "/job.sh", script_in(folder)));
  const auto submitted = SubmitToSlurm(folder + "/job.sh");
  RETURN_IF_ERROR(submitted.status())
      << "not submitted; by hand: sbatch " << ShellQuoted(folder + "/job.sh");
  const std::string& job = *submitted;
  Say(absl::StrCat("launch: job ", job, " is submitted: ", folder, "/job.sh"));
  Follower follower(options, job, folder + "/output");
  if (options.follow) return follower.Run();
  Say(follower.Hint());
  return 0;
}

}  // namespace snclr
