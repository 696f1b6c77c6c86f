// SPDX-License-Identifier: MIT
#include "experiments/trainer/stop_signal.h"

namespace snclr {
namespace {

// All that a handler may touch; signals belong to the process, not to an
// object.
volatile std::sig_atomic_t requested_signal = 0;

void Note(int signal) { requested_signal = signal; }

}  // namespace

StopSignal::StopSignal() {
  requested_signal = 0;
  struct sigaction action = {};
  action.sa_handler = Note;
  sigemptyset(&action.sa_mask);
  // SA_RESETHAND: the next one ends the process. SA_RESTART: a read of an image
  // or a write of a checkpoint that is under way goes on.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
  sigaction(SIGHUP, &action, &old_hang_up_);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
  sigaction(SIGHUP, &old_hang_up_, nullptr);
}

int StopSignal::requested() const { return requested_signal; }

}  // namespace snclr
