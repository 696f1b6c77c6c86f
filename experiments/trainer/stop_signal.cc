// SPDX-License-Identifier: MIT
#include "experiments/trainer/stop_signal.h"

#include <cstddef>

namespace snclr {
namespace {

// All that a handler may touch; signals belong to the process, not to an
// object.
volatile std::sig_atomic_t requested_signal = 0;

void Note(int signal) { requested_signal = signal; }

constexpr std::array<int, 4> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

}  // namespace

StopSignal::StopSignal() {
  requested_signal = 0;
  struct sigaction action = {};
  action.sa_handler = Note;
  sigemptyset(&action.sa_mask);
  // SA_RESETHAND: the next one ends the process. SA_RESTART: a read of an image
  // or a write of a checkpoint that is under way goes on.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &old_[i]);
  }
}

StopSignal::~StopSignal() {
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &old_[i], nullptr);
  }
}

int StopSignal::requested() const { return requested_signal; }

}  // namespace snclr
