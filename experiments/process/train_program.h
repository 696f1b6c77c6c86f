// SPDX-License-Identifier: MIT
// The program that trains: a trial of a sweep, a rank of a launch.
#ifndef EXPERIMENTS_PROCESS_TRAIN_PROGRAM_H_
#define EXPERIMENTS_PROCESS_TRAIN_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"

namespace snclr {

// The absolute path of //experiments:train, a data dependency of the program
// that asks: in the runfiles beside it, or where Bazel built both. NotFound
// says where it was looked for.
absl::StatusOr<std::string> FindTrainProgram();

}  // namespace snclr

#endif  // EXPERIMENTS_PROCESS_TRAIN_PROGRAM_H_
