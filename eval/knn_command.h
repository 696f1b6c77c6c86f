// SPDX-License-Identifier: MIT
// What //eval:knn does.
#ifndef EVAL_KNN_COMMAND_H_
#define EVAL_KNN_COMMAND_H_

#include <ostream>

#include "absl/status/status.h"
#include "eval/subject.h"

namespace snclr {

// Evaluates, writes top-1 and top-5, and records them under the checkpoint's
// run as knn_top1_eval and knn_top5_eval (knn_top1 is what the run itself
// measured). Errors are OpenSubject's and KnnEvaluation's: FailedPrecondition
// where the data has no labels.
absl::Status RunKnn(const EvalCommand& command, std::ostream& out);

}  // namespace snclr

#endif  // EVAL_KNN_COMMAND_H_
