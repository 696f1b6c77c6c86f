// SPDX-License-Identifier: MIT
// Batches of mixed images, and the loss of soft labels. Functions of tensors;
// they throw c10::Error on a wrong shape.
#ifndef EVAL_MIX_H_
#define EVAL_MIX_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "eval/mix_draw.h"

namespace snclr {

// Mixes each image with its partner, the one as far from the batch's other end:
// own x_i + (1 - own) x_(B-1-i), or CutMix's box of x_(B-1-i).
//
//   images   [B, 3, S, S] float
//   returns  [B, 3, S, S]
at::Tensor MixImages(const at::Tensor& images, const Mix& mix);

// own t_i + (1 - own) t_(B-1-i), where t_i is 1 - smoothing for the label and
// smoothing / C more for every class (Szegedy et al., arXiv:1512.00567, Sec.
// 7).
//
//   labels   [B] int64 in [0, C)
//   returns  [B, C] float, rows of sum 1
at::Tensor MixTargets(const at::Tensor& labels, int64_t classes, double own,
                      double smoothing);

// mean_i sum_c -target_ic log softmax(logits_i)_c.
//
//   logits   [B, C], gradient flows    targets  [B, C]    returns  []
at::Tensor SoftCrossEntropy(const at::Tensor& logits,
                            const at::Tensor& targets);

}  // namespace snclr

#endif  // EVAL_MIX_H_
