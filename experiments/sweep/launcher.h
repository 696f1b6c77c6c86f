// SPDX-License-Identifier: MIT
// Where a sweep's processes run: on this machine or by Slurm.
#ifndef EXPERIMENTS_SWEEP_LAUNCHER_H_
#define EXPERIMENTS_SWEEP_LAUNCHER_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace snclr {

struct TrialCommand {
  std::string hash;                    // the trial's
  std::vector<std::string> arguments;  // the program first, an absolute path
  std::string log;                     // where its output goes, appended
};

struct TrialEnd {
  std::string hash;
  int exit_status = 0;  // as the program returned it; -1: it did not return
  std::string how;  // "killed by signal 9 (out of memory?)", "exit status 1"
  bool stopped = false;    // asked to end from outside: a signal, a time limit
  bool cancelled = false;  // by a person, who does not want it started again
};

// For one thread. A launcher that goes out of existence leaves its processes
// alone; what becomes of them is said at each.
class Launcher {
 public:
  virtual ~Launcher() = default;

  // How many more processes may be started now.
  virtual size_t Room() const = 0;

  virtual absl::Status Start(const std::vector<TrialCommand>& commands) = 0;

  // Those that ended since the last call. Does not wait.
  virtual absl::StatusOr<std::vector<TrialEnd>> Poll() = 0;

  // The hashes of trials that are started, or wait to be, and have not ended.
  virtual std::set<std::string> Alive() const = 0;

  // A signal that asks the sweep to stop. True where the processes are told,
  // and the sweep is to wait for their ends; false where they go on without it.
  virtual bool Interrupt(int signal) = 0;

  // "2 at once, 1 thread each of 2 cores (OMP_NUM_THREADS=1)".
  virtual std::string Describe() const = 0;

  // Threads that each process has; 0: not known.
  virtual int threads() const = 0;
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_LAUNCHER_H_
