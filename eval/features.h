// SPDX-License-Identifier: MIT
// The features of a whole source: what every evaluation starts from.
#ifndef EVAL_FEATURES_H_
#define EVAL_FEATURES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "data/views/augmentation.pb.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

struct Features {
  at::Tensor features;  // [N, E] float, CPU
  at::Tensor labels;    // [N] int64, kUnlabelled where there is none
  at::Tensor index;     // [N] int64, in the source
  int64_t broken = 0;   // images that could not be read, and are left out
};

// Runs the evaluation view of every image, or of the stretch that `options`
// names, through `encoder`, on the encoder's
// device, in evaluation mode and without autograd, in the source's order. The
// encoder is left in the mode it was in. options.image_size_px is ignored:
// views have the encoder's size. Fails as ForEachEvalBatch does; DataLoss where
// no image could be read.
absl::StatusOr<Features> ExtractFeatures(Encoder& encoder, const Source& source,
                                         const AugmentationSpec& views,
                                         EvalOptions options);

}  // namespace snclr

#endif  // EVAL_FEATURES_H_
