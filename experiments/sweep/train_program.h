// SPDX-License-Identifier: MIT
// The program that trains a trial.
#ifndef EXPERIMENTS_SWEEP_TRAIN_PROGRAM_H_
#define EXPERIMENTS_SWEEP_TRAIN_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"

namespace snclr {

// The absolute path of //experiments:train, a data dependency of the sweep: in
// the runfiles beside this program, or where Bazel built both. NotFound says
// where it was looked for.
absl::StatusOr<std::string> FindTrainProgram();

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_TRAIN_PROGRAM_H_
