// SPDX-License-Identifier: MIT
// The flags that the commands of this folder share.
#ifndef EVAL_COMMAND_FLAGS_H_
#define EVAL_COMMAND_FLAGS_H_

#include <string>

#include "eval/subject.h"
#include "snclr/core/base/command_line.h"

namespace snclr {

// For ParseCommandLine: --set.
RepeatableFlag SetFlag();

// --checkpoint, --data, --db, --device and --set; `runs` is the output folder
// that runs are looked for in.
EvalCommand CommandFromFlags(const CommandLine& line, const std::string& runs);

}  // namespace snclr

#endif  // EVAL_COMMAND_FLAGS_H_
