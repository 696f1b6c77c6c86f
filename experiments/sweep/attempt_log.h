// SPDX-License-Identifier: MIT
// How the attempts at a sweep's trials ended: one JSON line each, appended, so
// that a sweep that is started again knows how often a trial has failed. The
// tracker cannot: a process that dies while it starts leaves no run.
#ifndef EXPERIMENTS_SWEEP_ATTEMPT_LOG_H_
#define EXPERIMENTS_SWEEP_ATTEMPT_LOG_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

struct Attempt {
  std::string hash;     // the trial
  std::string outcome;  // "finished", "stopped", "failed", "forgiven"
  std::string reason;   // of a failure, for a person
  int threads = 0;      // each process had; 0: not known
};

class AttemptLog {
 public:
  // Reads what is there; a line that a crash cut off is passed over.
  explicit AttemptLog(const std::string& path);

  // On disk when this returns.
  absl::Status Add(const Attempt& attempt);

  // Failures of a trial since it was last forgiven.
  int Failures(const std::string& hash) const;
  // Why it failed last; "" if it has not.
  std::string LastReason(const std::string& hash) const;

 private:
  void Count(const Attempt& attempt);

  std::string path_;
  struct Counted {
    int failures = 0;
    std::string reason;
  };
  std::map<std::string, Counted> trials_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_ATTEMPT_LOG_H_
