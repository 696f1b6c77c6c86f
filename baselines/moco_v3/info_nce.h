// SPDX-License-Identifier: MIT
// The contrastive loss of MoCo v3.
#ifndef BASELINES_MOCO_V3_INFO_NCE_H_
#define BASELINES_MOCO_V3_INFO_NCE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

struct InfoNceOptions {
  double temperature;  // T > 0
  int64_t rank;        // this process, in [0, W)
  int64_t block = 0;   // see StreamingLogSumExpOptions
};

// One direction: the local queries q_i against the keys k_j of every rank,
//
//   L = -(2T/B) sum_i log softmax_j( q_i.k_j / T ) at j = rank B + i
//
// Source: MoCo v3, arXiv:2104.02057, Eq. 1; the factor 2T is Algorithm 1's.
//
//   unit_queries      [B, D]    rows of norm 1; gradient flows. Whoever has raw
//                               predictions normalises them first, inside
//                               autograd.
//   unit_keys_global  [W B, D]  rows of norm 1, in rank order; constant. The
//                               caller gathers.
//   returns           []        dtype and device of unit_queries
//
// Throws c10::Error on wrong shapes and a wrong rank. No collective. Time of
// two [B, D] x [D, W B] products, memory O(B (block + D)): no [B, W B] matrix
// exists.
at::Tensor InfoNceLoss(const at::Tensor& unit_queries,
                       const at::Tensor& unit_keys_global,
                       const InfoNceOptions& options);

}  // namespace snclr

#endif  // BASELINES_MOCO_V3_INFO_NCE_H_
