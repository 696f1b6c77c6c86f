// SPDX-License-Identifier: MIT
// SIGINT and SIGTERM as something that the sweep's loop asks for.
#ifndef EXPERIMENTS_SWEEP_PASS_ON_SIGNALS_H_
#define EXPERIMENTS_SWEEP_PASS_ON_SIGNALS_H_

#include <csignal>

namespace snclr {

// While one exists, these signals of the process are noted, each time: the
// first one asks the trials to stop, a second one, passed on like it, ends them
// at once. One at a time.
class PassOnSignals {
 public:
  PassOnSignals();
  ~PassOnSignals();
  PassOnSignals(const PassOnSignals&) = delete;
  PassOnSignals& operator=(const PassOnSignals&) = delete;

  // The newest signal since the last call, or 0.
  int Take() const;

 private:
  struct sigaction old_interrupt_;
  struct sigaction old_terminate_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_PASS_ON_SIGNALS_H_
