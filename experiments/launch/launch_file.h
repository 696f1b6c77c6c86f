// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_LAUNCH_LAUNCH_FILE_H_
#define EXPERIMENTS_LAUNCH_LAUNCH_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/proto/launch.pb.h"

namespace snclr {

// A field of the LaunchSpec that a flag sets: "slurm.partition=gpu", and the
// flag as the user typed it, for messages.
struct LaunchAssignment {
  std::string text;
  std::string flag;
};

// Reads the file (none where `path` is empty), applies what flags set over it,
// fills defaults and checks. InvalidArgument lists every problem with file and
// line, or the flag; NotFound for a missing file.
absl::StatusOr<LaunchSpec> ReadLaunchSpec(
    const std::string& path, const std::vector<LaunchAssignment>& assignments);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_LAUNCH_FILE_H_
