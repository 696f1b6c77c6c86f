// SPDX-License-Identifier: MIT
// Trials as child processes on this machine.
#ifndef EXPERIMENTS_SWEEP_LOCAL_LAUNCHER_H_
#define EXPERIMENTS_SWEEP_LOCAL_LAUNCHER_H_

#include <sys/types.h>

#include <map>
#include <string>

#include "experiments/sweep/launcher.h"

namespace snclr {

// A child gets its threads by OMP_NUM_THREADS, which is no part of its spec:
// the same run may be repeated elsewhere. When this process dies, in whatever
// way, each child gets SIGTERM: it makes a checkpoint and ends. A terminal's
// Ctrl-C reaches this process alone, which passes it on.
class LocalLauncher : public Launcher {
 public:
  LocalLauncher(int jobs, int threads) : jobs_(jobs), threads_(threads) {}

  size_t Room() const override;
  absl::Status Start(const std::vector<TrialCommand>& commands) override;
  absl::StatusOr<std::vector<TrialEnd>> Poll() override;
  std::set<std::string> Alive() const override;
  bool Interrupt(int signal) override;
  std::string Describe() const override;
  int threads() const override { return threads_; }

 private:
  absl::Status StartOne(const TrialCommand& command);

  const int jobs_;
  const int threads_;
  std::map<pid_t, std::string> children_;  // hash by process
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_LOCAL_LAUNCHER_H_
