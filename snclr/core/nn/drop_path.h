// SPDX-License-Identifier: MIT
// Stochastic depth (Huang et al., arXiv:1603.09382): in training, an image goes
// past a residual branch now and then.
#ifndef SNCLR_CORE_NN_DROP_PATH_H_
#define SNCLR_CORE_NN_DROP_PATH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "snclr/core/base/random.h"

namespace snclr {

// What each image's branches are multiplied with (Encoder::ForwardScaled):
//
//   0 with probability p_b, else 1 / (1 - p_b);  p_b = rate b / (depth - 1)
//
// for both branches of block b, each image and branch drawn by itself, as timm
// and DeiT do: nothing is dropped in the first block, `rate` of all in the
// last.
//
//   rate      in [0, 1)
//   branches  Encoder::branches(), 2 depth
//   returns   [branches, N] float on the CPU; undefined where nothing can be
//             dropped: rate or branches 0
at::Tensor DropPathScales(double rate, int64_t branches, int64_t images,
                          Random random);

}  // namespace snclr

#endif  // SNCLR_CORE_NN_DROP_PATH_H_
