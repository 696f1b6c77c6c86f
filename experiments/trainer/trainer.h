// SPDX-License-Identifier: MIT
// Trains any method on one spec, in a run folder of its own, and survives being
// killed at any moment: the same call again continues, and on the CPU ends with
// the same weights, bit for bit, as a run that was never interrupted.
#ifndef EXPERIMENTS_TRAINER_TRAINER_H_
#define EXPERIMENTS_TRAINER_TRAINER_H_

#include "absl/status/statusor.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/train_options.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

// `spec` is resolved. Prints what it does; ends with a checkpoint and a status
// in run folder and tracker. Errors of the input come before anything is made:
//   NotFound, InvalidArgument   data, encoder, method, tracker
//   FailedPrecondition          resuming under another spec; another encoder's
//   checkpoint DataLoss                    too many broken images; every
//   checkpoint damaged ResourceExhausted           no room for a checkpoint
//   (the one before is whole) Internal                    the loss is no number
//   (step and likely cause)
// With several ranks every one calls it with the same spec and options. Each
// opens the images for itself; rank 0 alone opens the run folder and the
// tracker, writes and prints, so no other needs to see them. An error of one
// ends all, with its name, in time (Unavailable where a rank is lost). A
// restored checkpoint may have been made by another number of ranks
// (rank_state.h).
absl::StatusOr<TrainResult> Train(const ExperimentSpec& spec,
                                  const TrainOptions& options,
                                  const MethodFactory& factory,
                                  ProcessGroup& group);

// The same, alone.
absl::StatusOr<TrainResult> Train(const ExperimentSpec& spec,
                                  const TrainOptions& options,
                                  const MethodFactory& factory);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_TRAINER_H_
