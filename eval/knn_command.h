// SPDX-License-Identifier: MIT
// What //eval:knn does. Like a method's :train it is a door, and looks up to
// the experiments for checkpoints and specs; the evaluation itself does not.
#ifndef EVAL_KNN_COMMAND_H_
#define EVAL_KNN_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

struct KnnCommand {
  // A checkpoint file, a run folder (its newest undamaged checkpoint), or a run
  // "<name>/<id>" below `out`.
  std::string checkpoint;
  std::string out;

  // An image folder with train/ and test/ of class folders, all of whose images
  // are taken. Empty: the data that the checkpoint's spec names.
  std::string data;

  // Fields of the checkpoint's spec to set: "evaluation.knn.neighbors=10".
  std::vector<std::string> assignments;
};

// Evaluates and writes top-1 and top-5. NotFound where there is no such
// checkpoint, DataLoss where it is damaged, InvalidArgument for an assignment
// that does not fit, FailedPrecondition where the checkpoint's encoder is not
// the spec's or the data has no labels, and what KnnEvaluation says.
absl::Status RunKnn(const KnnCommand& command, std::ostream& out);

}  // namespace snclr

#endif  // EVAL_KNN_COMMAND_H_
