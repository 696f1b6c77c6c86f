// SPDX-License-Identifier: MIT
// What //eval:finetune does.
#ifndef EVAL_FINETUNE_COMMAND_H_
#define EVAL_FINETUNE_COMMAND_H_

#include <cstdio>
#include <string>

#include "absl/status/statusor.h"
#include "eval/subject.h"

namespace snclr {

// Fine-tunes the checkpoint's encoder, writes top-1 and top-5 of the test
// images to `screen`, and records finetune_top1 and finetune_top5; with fewer
// labels (evaluation.labels) semi_1pct_finetune_top1 and so on. `list` is as in
// linear_command.h. Returns 0, or the signal that stopped it: nothing is
// recorded then, and a line says so. Errors are OpenSubject's,
// OpenLabelledData's and Finetune's.
absl::StatusOr<int> RunFinetune(const EvalCommand& command,
                                const std::string& list, std::FILE* screen);

}  // namespace snclr

#endif  // EVAL_FINETUNE_COMMAND_H_
