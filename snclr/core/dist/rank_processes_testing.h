// SPDX-License-Identifier: MIT
// Several real processes of rank_program_testing on this machine.
#ifndef SNCLR_CORE_DIST_RANK_PROCESSES_TESTING_H_
#define SNCLR_CORE_DIST_RANK_PROCESSES_TESTING_H_

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "snclr/core/base/child_process.h"

namespace snclr {

struct RankEnd {
  bool ended = false;    // by itself or by a signal; else it was killed by Wait
  int exit_status = -1;  // -1 where a signal ended it
  std::string output;    // stdout and stderr
};

// Processes that meet at a free port of 127.0.0.1, with torchrun's variables.
class RankProcesses {
 public:
  explicit RankProcesses(int64_t size);
  ~RankProcesses();

  int port() const { return port_; }

  // `variables` come instead of torchrun's of the same name.
  void Start(int64_t rank, const std::vector<std::string>& flags,
             const std::map<std::string, std::string>& variables = {});
  void StartAll(const std::vector<std::string>& flags);

  // Waits until that process (in order of start) has ended, for a generous
  // time.
  void WaitFor(int64_t process);

  // Waits for all but process `except` (in order of start), for a generous
  // time, then kills what is left. In order of start.
  std::vector<RankEnd> Wait(int64_t except = -1);

 private:
  struct Process {
    pid_t id;
    std::string log;
    std::optional<ChildEnd> end;

    bool HasEnded();
  };
  const int64_t size_;
  const int port_;
  std::vector<Process> processes_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_RANK_PROCESSES_TESTING_H_
