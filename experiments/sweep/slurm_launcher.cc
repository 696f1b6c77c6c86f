// SPDX-License-Identifier: MIT
#include "experiments/sweep/slurm_launcher.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "experiments/process/command_output.h"
#include "experiments/process/slurm.h"
#include "experiments/trainer/environment.h"
#include "snclr/core/base/atomic_file.h"
#include "snclr/core/base/fingerprint.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

namespace fs = std::filesystem;

// The controller is everybody's: it is not asked more often.
constexpr absl::Duration kAskEvery = absl::Seconds(2);
// Slurm's own limit of an array, as it is installed (MaxArraySize).
constexpr size_t kMostTasks = 1000;

constexpr char kArrayScript[] = "array.sh";
constexpr char kTaskList[] = "tasks";  // a hash a line, in the tasks' order

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream stream(path);
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(stream, line)) lines.push_back(line);
  return lines;
}

// What Slurm says of a task that is not in the queue any more.
TrialEnd EndOf(const std::string& hash, const std::string& task) {
  TrialEnd end;
  end.hash = hash;
  end.exit_status = -1;
  const auto job = AskSlurmJob(task);
  if (!job.ok()) {
    end.how = "ended, and Slurm remembers no more of it";
    return end;
  }
  const std::string& state = job->state;
  if (job->signal == 0 && (state == "COMPLETED" || state == "FAILED")) {
    end.exit_status = job->exit_status;
  }
  end.how = absl::StrCat("Slurm: ", state, job->signal != 0 ? ", signal " : "",
                         job->signal != 0 ? absl::StrCat(job->signal) : "");
  end.cancelled = state == "CANCELLED";
  end.stopped = state == "TIMEOUT" || state == "PREEMPTED" ||
                state == "NODE_FAIL" || job->exit_status == 128 + SIGTERM ||
                job->exit_status == 128 + SIGINT;
  return end;
}

std::string TaskScript(const TrialCommand& command, int threads) {
  std::vector<std::string> words;
  for (const std::string& argument : command.arguments) {
    words.push_back(ShellQuoted(argument));
  }
  // exec: Slurm's signals then reach the program itself.
  return absl::StrCat("export OMP_NUM_THREADS=", threads,
                      "\nexport OMP_WAIT_POLICY=passive\nexec ",
                      absl::StrJoin(words, " "), " >>",
                      ShellQuoted(command.log), " 2>&1 </dev/null\n");
}

}  // namespace

std::string SlurmJobName(const std::string& sweep, const std::string& folder) {
  return absl::StrCat(sweep, "-", Fingerprint().Add(folder).Hex().substr(0, 8));
}

absl::StatusOr<std::unique_ptr<SlurmLauncher>> SlurmLauncher::Create(
    const SlurmSpec& spec, const std::string& sweep, const std::string& folder,
    int jobs) {
  std::unique_ptr<SlurmLauncher> launcher(
      new SlurmLauncher(spec, SlurmJobName(sweep, folder), folder, jobs));
  ASSIGN_OR_RETURN(launcher->tasks_, launcher->Queue());
  return launcher;
}

size_t SlurmLauncher::Room() const { return kMostTasks; }

std::string SlurmLauncher::Header(size_t tasks,
                                  const std::string& scripts) const {
  std::vector<std::string> options = {
      absl::StrCat("--job-name=", name_),
      absl::StrCat("--array=0-", tasks - 1, "%", jobs_),
      absl::StrCat("--output=", scripts, "/%a.out"),
      absl::StrCat("--cpus-per-task=", spec_.cpus()),
      // A task that Slurm starts again by itself would begin another run.
      "--no-requeue",
  };
  if (spec_.has_partition()) {
    options.push_back("--partition=" + spec_.partition());
  }
  if (spec_.gpus() > 0)
    options.push_back(absl::StrCat("--gpus=", spec_.gpus()));
  if (spec_.has_memory()) options.push_back("--mem=" + spec_.memory());
  if (spec_.has_time()) {
    options.push_back("--time=" + spec_.time());
    // Time for a checkpoint before the limit.
    options.push_back("--signal=B:TERM@60");
  }
  options.insert(options.end(), spec_.lines().begin(), spec_.lines().end());
  std::string header = "#!/bin/sh\n";
  for (const std::string& option : options) {
    absl::StrAppend(&header, "#SBATCH ", option, "\n");
  }
  return header;
}

absl::Status SlurmLauncher::Start(const std::vector<TrialCommand>& commands) {
  std::error_code error;
  std::string scripts;
  for (int n = 1; scripts.empty(); ++n) {
    const std::string path = absl::StrCat(folder_, "/slurm/", n);
    if (fs::create_directories(path, error)) scripts = path;
    if (error) {
      return absl::PermissionDeniedError(
          absl::StrCat("cannot make the folder ", path, ": ", error.message()));
    }
  }
  std::vector<std::string> hashes;
  for (size_t task = 0; task < commands.size(); ++task) {
    hashes.push_back(commands[task].hash);
    RETURN_IF_ERROR(
        WriteFileAtomically(absl::StrCat(scripts, "/", task, ".sh"),
                            TaskScript(commands[task], spec_.cpus())));
  }
  RETURN_IF_ERROR(WriteFileAtomically(absl::StrCat(scripts, "/", kTaskList),
                                      absl::StrJoin(hashes, "\n")));
  const std::string script = absl::StrCat(scripts, "/", kArrayScript);
  RETURN_IF_ERROR(WriteFileAtomically(
      script,
      absl::StrCat(Header(commands.size(), scripts), "exec /bin/sh ",
                   ShellQuoted(scripts), "/$SLURM_ARRAY_TASK_ID.sh\n")));
  ASSIGN_OR_RETURN(const std::string job, SubmitToSlurm(script));
  for (size_t task = 0; task < commands.size(); ++task) {
    tasks_[absl::StrCat(job, "_", task)] = commands[task].hash;
  }
  asked_ = absl::Now();
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, std::string>> SlurmLauncher::Queue()
    const {
  ASSIGN_OR_RETURN(const std::string said,
                   CommandOutput({"squeue", "--noheader", "--array",
                                  "--name=" + name_, "--format=%F|%K|%o"}));
  std::map<std::string, std::string> tasks;
  for (const absl::string_view line : absl::StrSplit(said, '\n')) {
    const std::vector<std::string> fields = absl::StrSplit(
        absl::StripAsciiWhitespace(line), absl::MaxSplits('|', 2));
    size_t task = 0;
    if (fields.size() != 3 || !absl::SimpleAtoi(fields[1], &task)) continue;
    const fs::path script(fields[2]);
    const std::vector<std::string> hashes =
        ReadLines(script.parent_path() / kTaskList);
    if (task < hashes.size()) {
      tasks[absl::StrCat(fields[0], "_", task)] = hashes[task];
    }
  }
  return tasks;
}

absl::StatusOr<std::vector<TrialEnd>> SlurmLauncher::Poll() {
  std::vector<TrialEnd> ends;
  if (tasks_.empty() || absl::Now() - asked_ < kAskEvery) return ends;
  asked_ = absl::Now();
  auto queue = Queue();
  // A controller that does not answer for a while is no reason to give up.
  if (!queue.ok()) return ends;
  for (const auto& [task, hash] : tasks_) {
    if (queue->count(task) == 0) ends.push_back(EndOf(hash, task));
  }
  tasks_ = *std::move(queue);
  return ends;
}

std::set<std::string> SlurmLauncher::Alive() const {
  std::set<std::string> alive;
  for (const auto& [task, hash] : tasks_) alive.insert(hash);
  return alive;
}

std::string SlurmLauncher::Describe() const {
  return absl::StrCat(
      "slurm, an array of jobs ", name_, ", ", jobs_, " at once, ",
      spec_.cpus(), spec_.cpus() == 1 ? " cpu" : " cpus",
      spec_.gpus() > 0 ? absl::StrCat(" and ", spec_.gpus(), " gpus") : "",
      " each (OMP_NUM_THREADS=", spec_.cpus(), ")");
}

}  // namespace snclr
