// SPDX-License-Identifier: MIT
#include "experiments/sweep/pass_on_signals.h"

#include <utility>

namespace snclr {
namespace {

// All that a handler may touch.
volatile std::sig_atomic_t noted_signal = 0;

void Note(int signal) { noted_signal = signal; }

}  // namespace

PassOnSignals::PassOnSignals() {
  noted_signal = 0;
  struct sigaction action = {};
  action.sa_handler = Note;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
}

PassOnSignals::~PassOnSignals() {
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
}

int PassOnSignals::Take() const {
  const int signal = noted_signal;
  noted_signal = 0;
  return signal;
}

}  // namespace snclr
