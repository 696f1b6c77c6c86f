// SPDX-License-Identifier: MIT
// The batch script of a launch: one job, all ranks, queued again until the run
// is finished.
#ifndef EXPERIMENTS_LAUNCH_SLURM_SCRIPT_H_
#define EXPERIMENTS_LAUNCH_SLURM_SCRIPT_H_

#include <string>

#include "experiments/launch/train_command.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/launch.pb.h"

namespace snclr {

// `launch` and `spec` are resolved; the job's output is appended to `output`.
//
//   the ranks       srun starts them with torchrun's variables set from
//   Slurm's;
//                   they meet at the first node, at a port made from the job's
//                   number; each sees one GPU where the job has some
//   a time limit    SIGUSR1 comes before it; the ranks make a checkpoint, and
//                   the job is queued again, under the same number
//   pre-emption     Slurm sends SIGTERM to the ranks; who queues the job again,
//                   Slurm or the script, depends on the partition
//   scancel         SIGTERM too: a checkpoint, and no queueing again
//   a dead rank     the others end by themselves, naming it; srun runs again,
//                   parallelism.restarts times. (srun's own way to end them,
//                   --kill-on-bad-exit, would interrupt the checkpoint of the
//                   last one that stops in an orderly way.)
//
// srun's exit status is the highest of the ranks': 2 where one of them found
// the input wrong and its peers lost it (1), 137 where one was killed.
std::string SlurmScript(const LaunchSpec& launch, const ExperimentSpec& spec,
                        const TrainCommand& command, const std::string& output);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_SLURM_SCRIPT_H_
