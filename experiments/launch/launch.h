// SPDX-License-Identifier: MIT
// One training on many processes: what //experiments:launch does.
#ifndef EXPERIMENTS_LAUNCH_LAUNCH_H_
#define EXPERIMENTS_LAUNCH_LAUNCH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/launch/launch_file.h"
#include "experiments/launch/train_command.h"

namespace snclr {

struct LaunchOptions {
  std::string launcher = "local";            // or "slurm"
  TrainCommand command;                      // paths are absolute
  std::string launch_file;                   // empty: none
  std::vector<LaunchAssignment> launch_set;  // over the file

  // For "local".
  std::optional<int> node_rank;  // this machine's, of several
  std::string master;            // "host:port" of rank 0
  bool pin = true;
  absl::Duration grace = absl::Seconds(10);

  // For "slurm".
  bool follow = true;

  bool plan = false;
};

// Checks everything that can be wrong with the input, then launches. Returns
// the exit status (0, 2, 128 plus a signal); or why it failed.
absl::StatusOr<int> RunLaunch(const LaunchOptions& options);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_LAUNCH_H_
