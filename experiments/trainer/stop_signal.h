// SPDX-License-Identifier: MIT
// SIGINT, SIGTERM, SIGHUP and SIGUSR1 (which clusters send before a job's time
// is up) as a wish that the loop asks for between steps.
#ifndef EXPERIMENTS_TRAINER_STOP_SIGNAL_H_
#define EXPERIMENTS_TRAINER_STOP_SIGNAL_H_

#include <array>
#include <csignal>

namespace snclr {

// While one exists, the first of these signals of the process is only noted, so
// that a step is finished and a checkpoint made; a second one of the same kind,
// some two seconds later, ends the process at once, as if none existed. Sooner
// it counts as the same wish, which came on two ways: to the whole process
// group, and from a launcher that passes it on. One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // The signal that asked to stop, or 0.
  int requested() const;

 private:
  std::array<struct sigaction, 4> old_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_STOP_SIGNAL_H_
