// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_NN_POSITION_EMBEDDING_H_
#define SNCLR_CORE_NN_POSITION_EMBEDDING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

// The fixed two-dimensional sine-cosine table of MoCo v3 (vits.py,
// build_2d_sincos_position_embedding): row 0, the class token's, is zero; the
// patch at row y, column x of a grid x grid image has
//
//   [sin(y w_i), cos(y w_i), sin(x w_i), cos(x w_i)],  w_i = 10000^(-i /
//   (E/4)),
//
// each over i in [0, E/4), patches in row-major order.
//
//   returns  [1, grid^2 + 1, E] float
//
// Throws c10::Error unless grid >= 1 and E is a multiple of 4.
at::Tensor SinCosPositions(int64_t grid, int64_t width);

}  // namespace snclr

#endif  // SNCLR_CORE_NN_POSITION_EMBEDDING_H_
