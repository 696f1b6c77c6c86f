// SPDX-License-Identifier: MIT
// Programs as children of this process that do not outlive it unnoticed: the
// trials of a sweep, the ranks of a launch.
#ifndef SNCLR_CORE_BASE_CHILD_PROCESS_H_
#define SNCLR_CORE_BASE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace snclr {

struct ChildCommand {
  std::vector<std::string> arguments;    // the program first, an absolute path
  std::vector<std::string> environment;  // all of it, "NAME=value"
  int output = -1;                       // file descriptors, which stay the
  int error = -1;                        // caller's
  std::vector<int> cores;                // it may run on; empty: where we may
  // A pipe that nobody reads any more is an error to it (EPIPE), not its end:
  // it is to save its work when the reader has died.
  bool ignores_broken_pipe = false;
};

// Starts it with an empty input, in a process group of its own: a terminal's
// Ctrl-C reaches this process alone, which passes it on. When this process (the
// thread that called) dies, in whatever way, the kernel sends the child
// SIGTERM. A program that is not there ends with 127 and a line on its error
// output.
absl::StatusOr<pid_t> StartChild(const ChildCommand& command);

// How a child ended.
struct ChildEnd {
  int exit_status = -1;  // as the program returned it; -1: it did not return
  int signal = 0;        // that killed it
  std::string how;  // "killed by signal 9 (out of memory?)", "exit status 1"
};

// Nothing while it runs; does not wait. Once after its end.
std::optional<ChildEnd> PollChild(pid_t child);

// This process's environment with these variables set, and OMP_WAIT_POLICY to
// passive where it is not set: threads that spin while they wait take the cores
// of the other processes.
std::vector<std::string> EnvironmentWith(
    const std::map<std::string, std::string>& variables);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_CHILD_PROCESS_H_
