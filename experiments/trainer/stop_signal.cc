// SPDX-License-Identifier: MIT
#include "experiments/trainer/stop_signal.h"

#include <time.h>

#include <cstddef>

namespace snclr {
namespace {

// One wish to stop may come twice: to a whole process group, and once more from
// whoever passes it on.
constexpr int kOneWishSeconds = 1;

// All that a handler may touch; signals belong to the process, not to an
// object.
volatile std::sig_atomic_t requested_signal = 0;
// When each kind came first, in seconds of the monotonic clock; 0: not yet.
volatile std::sig_atomic_t first_at[NSIG] = {};

void Note(int signal) {
  timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const auto now = static_cast<std::sig_atomic_t>(time.tv_sec) + 1;
  if (first_at[signal] == 0) {
    first_at[signal] = now;
  } else if (now - first_at[signal] > kOneWishSeconds) {
    std::signal(signal, SIG_DFL);
    raise(signal);  // delivered when this returns
    return;
  }
  requested_signal = signal;
}

constexpr std::array<int, 4> kSignals = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

}  // namespace

StopSignal::StopSignal() {
  requested_signal = 0;
  for (const int signal : kSignals) first_at[signal] = 0;
  struct sigaction action = {};
  action.sa_handler = Note;
  sigemptyset(&action.sa_mask);
  // A read of an image or a write of a checkpoint that is under way goes on.
  action.sa_flags = SA_RESTART;
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
