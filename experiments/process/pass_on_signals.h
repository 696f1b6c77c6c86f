// SPDX-License-Identifier: MIT
// SIGINT, SIGTERM and their like as something that a loop asks for.
#ifndef EXPERIMENTS_PROCESS_PASS_ON_SIGNALS_H_
#define EXPERIMENTS_PROCESS_PASS_ON_SIGNALS_H_

#include <csignal>
#include <utility>
#include <vector>

namespace snclr {

// While one exists, these signals of the process are noted, each time: the
// first one asks the children to stop, a second one, passed on like it, ends
// them at once. A SIGHUP that is ignored (nohup) stays ignored. One at a time.
class PassOnSignals {
 public:
  explicit PassOnSignals(const std::vector<int>& signals);
  ~PassOnSignals();
  PassOnSignals(const PassOnSignals&) = delete;
  PassOnSignals& operator=(const PassOnSignals&) = delete;

  // The newest signal since the last call, or 0.
  int Take() const;

 private:
  std::vector<std::pair<int, struct sigaction>> old_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_PROCESS_PASS_ON_SIGNALS_H_
