// SPDX-License-Identifier: MIT
// A data set that accuracy can be measured on: two splits, one numbering of
// classes.
#ifndef EVAL_LABELLED_DATA_H_
#define EVAL_LABELLED_DATA_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "data/views/augmentation.pb.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

struct LabelledData {
  std::unique_ptr<Source> train;
  std::unique_ptr<Source> test;
  // The training split's number of each class of the test split: a folder that
  // lacks a class numbers the others differently. -1 for a class without any
  // image.
  std::vector<int64_t> train_class_of_test_class;

  int64_t classes() const { return train->class_names().size(); }
};

// Opens both splits of a resolved spec. FailedPrecondition, and only then,
// where no accuracy can be had from this data (no labels, no test images) and
// the message says why. InvalidArgument where a class has test images and no
// training images. Otherwise as OpenSource.
absl::StatusOr<LabelledData> OpenLabelledData(const DataSpec& data);

struct LabelledFeatures {
  at::Tensor features;  // [N, E] float, CPU
  at::Tensor labels;    // [N] int64, in [0, classes)
  at::Tensor index;     // [N] int64, in the source
};

// The features of one split's evaluation views, classes numbered as in
// training. Samples without a label among labelled ones (a shard may have them)
// are left out: they have nothing to say about accuracy. Errors are
// ExtractFeatures'.
absl::StatusOr<LabelledFeatures> ExtractLabelled(Encoder& encoder,
                                                 const LabelledData& data,
                                                 Split split,
                                                 const AugmentationSpec& views,
                                                 const EvalOptions& loading);

// How an evaluation of this data loads it.
EvalOptions EvalLoading(const DataSpec& data, int64_t batch);

}  // namespace snclr

#endif  // EVAL_LABELLED_DATA_H_
