// SPDX-License-Identifier: MIT
// What //eval:linear does.
#ifndef EVAL_LINEAR_COMMAND_H_
#define EVAL_LINEAR_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "eval/subject.h"

namespace snclr {

// Fits linear classifiers on the checkpoint's features, writes the accuracy at
// every learning rate and which was chosen, and records linear_top1 and
// linear_top5; with fewer labels (evaluation.labels) semi_1pct_linear_top1 and
// so on. `list`, unless empty, is a file that gets the names of the training
// images that were used. Errors are OpenSubject's, OpenLabelledData's and
// FitLinearProbe's.
absl::Status RunLinear(const EvalCommand& command, const std::string& list,
                       std::ostream& out);

}  // namespace snclr

#endif  // EVAL_LINEAR_COMMAND_H_
