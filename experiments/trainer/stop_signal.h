// SPDX-License-Identifier: MIT
// SIGINT, SIGTERM and SIGHUP as a wish that the loop asks for between steps.
#ifndef EXPERIMENTS_TRAINER_STOP_SIGNAL_H_
#define EXPERIMENTS_TRAINER_STOP_SIGNAL_H_

#include <csignal>

namespace snclr {

// While one exists, the first SIGINT, SIGTERM or SIGHUP of the process is only
// noted, so that a step is finished and a checkpoint made; the second one of
// the same kind ends the process at once, as if none existed. One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal that asked to stop, or 0.
  int requested() const;

 private:
  struct sigaction old_interrupt_;
  struct sigaction old_terminate_;
  struct sigaction old_hang_up_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_STOP_SIGNAL_H_
