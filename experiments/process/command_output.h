// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_PROCESS_COMMAND_OUTPUT_H_
#define EXPERIMENTS_PROCESS_COMMAND_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace snclr {

// What a program prints, its error output after a failure. Unavailable, with
// the program's name and its words, where it cannot be started or fails.
absl::StatusOr<std::string> CommandOutput(
    const std::vector<std::string>& arguments);

}  // namespace snclr

#endif  // EXPERIMENTS_PROCESS_COMMAND_OUTPUT_H_
