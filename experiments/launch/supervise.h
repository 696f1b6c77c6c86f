// SPDX-License-Identifier: MIT
// Waits for the ranks of this machine, and sees to it that they end together.
#ifndef EXPERIMENTS_LAUNCH_SUPERVISE_H_
#define EXPERIMENTS_LAUNCH_SUPERVISE_H_

#include <string>

#include "absl/time/time.h"
#include "experiments/launch/local_ranks.h"
#include "experiments/launch/rank_output.h"
#include "experiments/process/pass_on_signals.h"

namespace snclr {

struct SuperviseOptions {
  int ranks = 1;       // of the whole run, W
  int ranks_here = 1;  // of them on this machine
  std::string host;    // said with a rank's number; empty: not said
  // After a rank has failed: the others usually end by themselves, naming it;
  // those that have not in this time get SIGTERM.
  absl::Duration peers_end_within;
  // From the last wish to end to SIGKILL.
  absl::Duration grace;
};

// How the ranks ended. An exit status of 0 is fine; 2: the input was wrong; 128
// plus a stop signal: asked to stop, and saved. Everything else, death by a
// signal too, is a failure, unless it came after our own signal.
struct AttemptEnd {
  enum class Kind { kFinished, kStopped, kBadInput, kFailed };
  Kind kind = Kind::kFinished;
  int signal = 0;           // kStopped: by which
  std::string who;          // that failed first: "rank 2 of 4"
  std::string how;          // "killed by signal 9 (out of memory?)"
  std::string cause;        // what it said of it, its last "error: ..."; or ""
  bool stop_asked = false;  // a signal came to us meanwhile
};

// Until all have ended. A signal that comes to us is sent on to each of them;
// they stop together and save. After a second one they have `grace` left.
AttemptEnd Supervise(LocalRanks& ranks, const SuperviseOptions& options,
                     const PassOnSignals& signals, RankOutput& output);

// "SIGTERM".
std::string SignalName(int signal);

// Whether an exit status says that a signal asked to stop, as it has 128 added:
// SIGINT, SIGTERM, SIGHUP, SIGUSR1. 0 or that signal.
int StopSignalOf(int exit_status);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_SUPERVISE_H_
