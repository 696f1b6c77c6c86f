// SPDX-License-Identifier: MIT
// A run as a job of Slurm.
#ifndef EXPERIMENTS_LAUNCH_SLURM_LAUNCH_H_
#define EXPERIMENTS_LAUNCH_SLURM_LAUNCH_H_

#include "absl/status/statusor.h"
#include "experiments/launch/train_command.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/launch.pb.h"

namespace snclr {

struct SlurmLaunchOptions {
  TrainCommand command;  // its spec is replaced by the resolved one
  ExperimentSpec spec;   // resolved
  LaunchSpec launch;     // resolved
  bool follow = true;    // until the job ends
  bool plan = false;     // prints the script, and does nothing
};

// Submits <out>/<name>/launch/<n>/job.sh, beside which are spec.textproto as it
// is now (a queued job does not see later edits) and the job's output. Then
// says the job's state and shows its output as it grows, until it ends; a
// signal leaves it alone. `out` must be on a file system that the nodes share.
//
// Returns the launcher's exit status: that of the job's script (0; 2 where the
// input was wrong; 1 for other failures), 0 after a submission that is not
// followed, 128 plus a signal that came while following. FailedPrecondition
// where there is no Slurm here; Unavailable where it refuses the job.
absl::StatusOr<int> LaunchWithSlurm(const SlurmLaunchOptions& options);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_SLURM_LAUNCH_H_
