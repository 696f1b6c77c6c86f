// SPDX-License-Identifier: MIT
#include "snclr/core/base/child_process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace snclr {
namespace {

constexpr char kWaitPolicy[] = "OMP_WAIT_POLICY";

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What the child needs, made before the fork: it may not allocate.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const ChildCommand* command;
  cpu_set_t cores;
  pid_t parent;
};

// In the child, between fork and exec: system calls alone.
[[noreturn]] void Become(const Prepared& prepared) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  // The parent may have died before the line above.
  if (getppid() != prepared.parent) _exit(128 + SIGTERM);
  // Out of the terminal's reach: its Ctrl-C would come twice.
  setpgid(0, 0);
  dup2(prepared.command->output, STDOUT_FILENO);
  dup2(prepared.command->error, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  if (!prepared.command->cores.empty()) {
    sched_setaffinity(0, sizeof(prepared.cores), &prepared.cores);
  }
  if (prepared.command->ignores_broken_pipe) signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(prepared.arguments[0], prepared.arguments.data(),
         prepared.environment.data());
  const char what[] = "error: the program cannot be started\n";
  if (write(STDERR_FILENO, what, sizeof(what) - 1) < 0) _exit(126);
  _exit(127);
}

}  // namespace

absl::StatusOr<pid_t> StartChild(const ChildCommand& command) {
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment = command.environment;
  Prepared prepared;
  prepared.arguments = Pointers(arguments);
  prepared.environment = Pointers(environment);
  prepared.command = &command;
  CPU_ZERO(&prepared.cores);
  for (const int core : command.cores) CPU_SET(core, &prepared.cores);
  prepared.parent = getpid();
  const pid_t child = fork();
  if (child == 0) Become(prepared);
  if (child < 0) return absl::ErrnoToStatus(errno, "cannot start a process");
  return child;
}

std::optional<ChildEnd> PollChild(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, WNOHANG) != child) return std::nullopt;
  ChildEnd end;
  if (WIFEXITED(status)) {
    end.exit_status = WEXITSTATUS(status);
    end.how = absl::StrCat("exit status ", end.exit_status);
  } else {
    end.signal = WTERMSIG(status);
    end.how = absl::StrCat(
        "killed by signal ", end.signal, " (",
        end.signal == SIGKILL ? "out of memory?" : strsignal(end.signal), ")");
  }
  return end;
}

std::vector<std::string> EnvironmentWith(
    const std::map<std::string, std::string>& variables) {
  std::map<std::string, std::string> set = variables;
  std::vector<std::string> environment;
  bool has_policy = false;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const absl::string_view text = *variable;
    const std::string name(text.substr(0, text.find('=')));
    if (set.count(name) > 0) continue;
    has_policy = has_policy || name == kWaitPolicy;
    environment.emplace_back(text);
  }
  if (!has_policy) set.emplace(kWaitPolicy, "passive");
  for (const auto& [name, value] : set) {
    environment.push_back(absl::StrCat(name, "=", value));
  }
  return environment;
}

}  // namespace snclr
