// SPDX-License-Identifier: MIT
#include "experiments/process/pass_on_signals.h"

namespace snclr {
namespace {

// All that a handler may touch.
volatile std::sig_atomic_t noted_signal = 0;

void Note(int signal) { noted_signal = signal; }

}  // namespace

PassOnSignals::PassOnSignals(const std::vector<int>& signals) {
  noted_signal = 0;
  for (const int signal : signals) {
    struct sigaction old = {};
    sigaction(signal, nullptr, &old);
    if (signal == SIGHUP && old.sa_handler == SIG_IGN) continue;
    struct sigaction action = {};
    action.sa_handler = Note;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
    old_.emplace_back(signal, old);
  }
}

PassOnSignals::~PassOnSignals() {
  for (const auto& [signal, old] : old_) sigaction(signal, &old, nullptr);
}

int PassOnSignals::Take() const {
  const int signal = noted_signal;
  noted_signal = 0;
  return signal;
}

}  // namespace snclr
