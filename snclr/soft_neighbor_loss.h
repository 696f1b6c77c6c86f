// SPDX-License-Identifier: MIT
// SNCLR's loss: InfoNCE in which a key's neighbours are positives too, each as
// far as its positiveness says.
#ifndef SNCLR_SOFT_NEIGHBOR_LOSS_H_
#define SNCLR_SOFT_NEIGHBOR_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "snclr/snclr.pb.h"

namespace snclr {

struct SoftNeighborLossOptions {
  SnclrObjective objective;
  double temperature;  // T > 0

  // What the columns of Z are, see below.
  bool neighbors_as_negatives = true;

  // See StreamingLogSumExpOptions. 0 on a GPU with float tensors: all of the
  // loss in few kernels (fused_soft_neighbor_loss.h).
  int64_t block = 0;
};

// One direction of the loss, the mean over this rank's queries q_i with their
// candidates c_i0 (the key), c_i1..c_iK (its neighbours) and w_i0 = 1:
//
//   CODE   2T sum_j w_ij (log Z_i - q_i.c_ij / T)
//   PAPER  -log( sum_j w_ij exp(q_i.c_ij / T) / Z_i )
//
//   Z_i = sum over columns of exp(q_i.c / T); with neighbors_as_negatives the
//   columns are all candidates of all ranks, the own included; without, all
//   keys of all ranks, to which the own K neighbours are added here.
//
// Sources: PAPER arXiv:2303.17142, Eq. 2; CODE soft_neighbors_constrastive of
// the published builder, which weighs K+1 cross-entropies. With K = 0 both are
// InfoNCE (CODE with MoCo v3's factor 2T).
//
//   unit_queries         [B, D]       rows of norm 1; gradient flows. Whoever
//                                     has raw predictions normalises them first
//                                     (unit_rows.h), inside autograd.
//   positiveness         [B, K]       w_i1..w_iK >= 0 (positiveness.h);
//   gradient
//                                     flows: detach to stop it
//   unit_candidates      [B, K+1, D]  own key, then neighbours; constant
//   unit_columns_global  [N, D]       N = W B (K+1), or W B without neighbours
//                                     as negatives, in any order; constant. The
//                                     caller gathers.
//   returns              []           dtype and device of unit_queries
//
// Throws c10::Error on wrong shapes. No collective. Time of two [B, D] x [D, N]
// products, memory O(B (block + D + K)): no [B, N] matrix exists.
at::Tensor SoftNeighborLoss(const at::Tensor& unit_queries,
                            const at::Tensor& positiveness,
                            const at::Tensor& unit_candidates,
                            const at::Tensor& unit_columns_global,
                            const SoftNeighborLossOptions& options);

}  // namespace snclr

#endif  // SNCLR_SOFT_NEIGHBOR_LOSS_H_
