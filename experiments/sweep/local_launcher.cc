// SPDX-License-Identifier: MIT
#include "experiments/sweep/local_launcher.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr char kThreads[] = "OMP_NUM_THREADS=";
constexpr char kWaitPolicy[] = "OMP_WAIT_POLICY=";

// This process's environment with the child's threads.
std::vector<std::string> ChildEnvironment(int threads) {
  std::vector<std::string> variables = {absl::StrCat(kThreads, threads)};
  bool has_policy = false;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (absl::StartsWith(*variable, kThreads)) continue;
    has_policy = has_policy || absl::StartsWith(*variable, kWaitPolicy);
    variables.emplace_back(*variable);
  }
  // Threads that spin while they wait take the cores of the other trials.
  if (!has_policy) variables.push_back(absl::StrCat(kWaitPolicy, "passive"));
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the child, between fork and exec: system calls alone.
[[noreturn]] void Become(const std::vector<char*>& arguments,
                         const std::vector<char*>& environment, int log,
                         pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The parent may have died before the line above.
  if (getppid() != parent) _exit(128 + SIGTERM);
  // Out of the terminal's reach: its Ctrl-C would come twice.
  setpgid(0, 0);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(arguments[0], arguments.data(), environment.data());
  const char what[] = "error: the program cannot be started\n";
  if (write(STDERR_FILENO, what, sizeof(what) - 1) < 0) _exit(126);
  _exit(127);
}

bool IsStop(int signal) { return signal == SIGINT || signal == SIGTERM; }

TrialEnd EndOf(const std::string& hash, int status) {
  TrialEnd end;
  end.hash = hash;
  if (WIFEXITED(status)) {
    end.exit_status = WEXITSTATUS(status);
    end.how = absl::StrCat("exit status ", end.exit_status);
    end.stopped = IsStop(end.exit_status - 128);
  } else {
    end.exit_status = -1;
    end.how =
        absl::StrCat("killed by signal ", WTERMSIG(status), " (",
                     WTERMSIG(status) == SIGKILL ? "out of memory?"
                                                 : strsignal(WTERMSIG(status)),
                     ")");
    end.stopped = IsStop(WTERMSIG(status));
  }
  return end;
}

}  // namespace

int AvailableCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
  return std::max(CPU_COUNT(&cores), 1);
}

int ThreadsPerJob(int jobs, int cores) {
  int threads = std::max(cores / std::max(jobs, 1), 1);
  const char* limit = std::getenv("OMP_NUM_THREADS");
  if (limit != nullptr && std::atoi(limit) > 0) {
    threads = std::min(threads, std::atoi(limit));
  }
  return threads;
}

size_t LocalLauncher::Room() const {
  const auto running = static_cast<int>(children_.size());
  return running >= jobs_ ? 0 : jobs_ - running;
}

absl::Status LocalLauncher::Start(const std::vector<TrialCommand>& commands) {
  for (const TrialCommand& command : commands) {
    RETURN_IF_ERROR(StartOne(command));
  }
  return absl::OkStatus();
}

absl::Status LocalLauncher::StartOne(const TrialCommand& command) {
  const int log = open(command.log.c_str(),
                       O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (log < 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("cannot open ", command.log));
  }
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = ChildEnvironment(threads_);
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> envp = Pointers(environment);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) Become(argv, envp, log, parent);
  const int why = errno;
  close(log);
  if (child < 0) return absl::ErrnoToStatus(why, "cannot start a process");
  children_[child] = command.hash;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TrialEnd>> LocalLauncher::Poll() {
  std::vector<TrialEnd> ends;
  for (auto child = children_.begin(); child != children_.end();) {
    int status = 0;
    if (waitpid(child->first, &status, WNOHANG) == child->first) {
      ends.push_back(EndOf(child->second, status));
      child = children_.erase(child);
    } else {
      ++child;
    }
  }
  return ends;
}

std::set<std::string> LocalLauncher::Alive() const {
  std::set<std::string> alive;
  for (const auto& [process, hash] : children_) alive.insert(hash);
  return alive;
}

bool LocalLauncher::Interrupt(int signal) {
  for (const auto& [process, hash] : children_) kill(process, signal);
  return true;
}

std::string LocalLauncher::Describe() const {
  return absl::StrCat("local, ", jobs_, " at once, ", threads_,
                      threads_ == 1 ? " thread" : " threads",
                      " each (OMP_NUM_THREADS=", threads_, "), ",
                      AvailableCores(), " cores");
}

}  // namespace snclr
