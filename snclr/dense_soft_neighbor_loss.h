// SPDX-License-Identifier: MIT
// The plain form of SNCLR's loss, for tests and for the benchmark.
#ifndef SNCLR_DENSE_SOFT_NEIGHBOR_LOSS_H_
#define SNCLR_DENSE_SOFT_NEIGHBOR_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "snclr/positiveness.h"
#include "snclr/soft_neighbor_loss.h"

namespace snclr {

// What PositivenessOf and SoftNeighborLoss compute together, formulated as the
// published code does: logits against the candidates of all ranks, a softmax
// over all ranks' neighbours in which a mask of -999 hides those of other
// images, and labels that hold a weight for every column, all of them matrices
// of [B, W B (K+1)].
//
//   unit_queries            [B, D]           gradient flows
//   embeddings              [B, D]           y, raw; gradient flows
//   unit_candidates_global  [W B, K+1, D]    in rank order, keys first;
//   constant rank                    in [0, W)        whose queries these are
//   returns                 []
at::Tensor DenseSoftNeighborLoss(const at::Tensor& unit_queries,
                                 const at::Tensor& embeddings,
                                 const at::Tensor& unit_candidates_global,
                                 int64_t rank,
                                 const PositivenessOptions& positiveness,
                                 const SoftNeighborLossOptions& options,
                                 const AttentionMaps& maps = {});

}  // namespace snclr

#endif  // SNCLR_DENSE_SOFT_NEIGHBOR_LOSS_H_
