// SPDX-License-Identifier: MIT
// Runs a sweep: what is missing, at most so many at once, each trial once.
#ifndef EXPERIMENTS_SWEEP_SWEEP_H_
#define EXPERIMENTS_SWEEP_SWEEP_H_

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace snclr {

struct SweepOptions {
  std::string sweep;             // the file
  std::string base;              // absolute; "": the file's own
  std::vector<std::string> set;  // assignments on every trial
  std::string out;               // absolute
  std::string db;                // absolute
  std::string program;           // that trains any method, absolute
  std::string launcher = "local";
  int jobs = 1;
  bool plan = false;           // lists the trials and starts nothing
  bool retry_failed = false;   // forgets what failed before
  bool rerun_missing = false;  // a finished run without its folder is run again
  std::FILE* screen = stdout;
};

// The exit status: 0 where each trial is finished or stopped early, 1 where one
// was given up, 128 plus the signal that ended the sweep. Problems of the input
// come before anything is started:
//   InvalidArgument, NotFound  the sweep's file, a trial's spec, its data
//   FailedPrecondition         another process runs this sweep
absl::StatusOr<int> RunSweep(const SweepOptions& options);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_SWEEP_H_
