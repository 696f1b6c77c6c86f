// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_TRAINER_INITIAL_WEIGHTS_H_
#define EXPERIMENTS_TRAINER_INITIAL_WEIGHTS_H_

#include "absl/status/status.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

// Copies the weights that ExperimentSpec.initial_weights names into `encoder`,
// before anything is made of it; nothing where there are none. Which parameters
// are frozen stays the spec's. FailedPrecondition naming the field in which the
// file's encoder is another one; errors of ReadCheckpoint.
absl::Status LoadInitialWeights(const ExperimentSpec& spec, Encoder& encoder);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_INITIAL_WEIGHTS_H_
