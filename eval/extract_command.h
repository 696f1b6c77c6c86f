// SPDX-License-Identifier: MIT
// What //eval:extract does.
#ifndef EVAL_EXTRACT_COMMAND_H_
#define EVAL_EXTRACT_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "eval/subject.h"

namespace snclr {

struct ExtractTarget {
  std::string split = "train";  // or "test"

  // "x.safetensors": tensors features [N, E] float32, labels [N] and index [N]
  // int64. "x.npy": the features, with x.labels.npy and x.index.npy beside it.
  // Either way x.json names the classes, and the images in the features' order.
  std::string file;
};

// Writes the features of the evaluation views of one split. A label is the
// number of its class in x.json, -1 where there is none; an index is the
// image's place in the split. InvalidArgument for another split or suffix; else
// errors of OpenSubject, OpenSource, ExtractFeatures and WriteFileAtomically.
absl::Status RunExtract(const EvalCommand& command, const ExtractTarget& target,
                        std::ostream& out);

}  // namespace snclr

#endif  // EVAL_EXTRACT_COMMAND_H_
