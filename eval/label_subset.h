// SPDX-License-Identifier: MIT
// Which training images an evaluation may use the labels of (eval.proto,
// LabelsSpec).
#ifndef EVAL_LABEL_SUBSET_H_
#define EVAL_LABEL_SUBSET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "data/source.h"
#include "eval/eval.pb.h"

namespace snclr {

// Places in `source`, ascending: of each class the share `fraction`, rounded,
// at least one image. A function of fraction, seed and of how many images each
// class has, so the same everywhere; which files these are follows from the
// source's order. Unlabelled images are never chosen.
std::vector<int64_t> LabelSubset(const Source& source,
                                 const LabelsSpec& labels);

// `train` cut down to that; as it is where the fraction is 1.
std::unique_ptr<Source> TakeLabelled(std::unique_ptr<Source> train,
                                     const LabelsSpec& labels);

// The source's image names, one a line, in its order. Errors are
// WriteFileAtomically's.
absl::Status WriteImageList(const Source& source, const std::string& path);

// What the names of metrics begin with: "semi_1pct_"; empty with all labels.
std::string LabelsPrefix(const LabelsSpec& labels);

}  // namespace snclr

#endif  // EVAL_LABEL_SUBSET_H_
