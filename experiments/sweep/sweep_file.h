// SPDX-License-Identifier: MIT
// A sweep's file, read and checked.
#ifndef EXPERIMENTS_SWEEP_SWEEP_FILE_H_
#define EXPERIMENTS_SWEEP_SWEEP_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/proto/problems.h"
#include "experiments/proto/sweep.pb.h"

namespace snclr {

struct SweepFile {
  std::string path;
  SweepSpec spec;  // with its defaults
  Places places;   // "axes[1].values[0]"
};

// NotFound for a missing file; InvalidArgument lists every problem of the sweep
// itself, one a line, with file, line and column. What is wrong with a trial is
// found when the trial is made (trials.h).
// `base`, where not empty, stands for the file's own.
absl::StatusOr<SweepFile> ReadSweepFile(const std::string& path,
                                        const std::string& base = "");

// The field that an assignment sets: "snclr.neighbors" of "snclr.neighbors=5".
std::string AssignedPath(const std::string& assignment);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_SWEEP_FILE_H_
