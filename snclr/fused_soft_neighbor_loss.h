// SPDX-License-Identifier: MIT
// SNCLR's loss with its gradients written out.
#ifndef SNCLR_FUSED_SOFT_NEIGHBOR_LOSS_H_
#define SNCLR_FUSED_SOFT_NEIGHBOR_LOSS_H_

#include <ATen/core/Tensor.h>

#include "snclr/soft_neighbor_loss.h"

namespace snclr {

// SoftNeighborLoss in few kernels, which is what it is on a GPU: the streaming
// sum over the columns (streaming_log_sum_exp.h), one pass over the rows of
// scores (soft_neighbor_row.h), two batched products. The forward pass makes
// the gradients as well, [B, D] and [B, K] numbers, and the backward pass
// scales them: no [B, N] matrix, no candidate is kept for it. On a CPU too, in
// plain loops, where tests hold it against SoftNeighborLoss's operators and
// golden numbers.
//
// Arguments of one dtype, float or double, as SoftNeighborLoss has checked
// them. Throws c10::Error where a gradient of the gradient is asked for. No
// synchronisation.
at::Tensor FusedSoftNeighborLoss(const at::Tensor& unit_queries,
                                 const at::Tensor& positiveness,
                                 const at::Tensor& unit_candidates,
                                 const at::Tensor& unit_columns_global,
                                 const SoftNeighborLossOptions& options);

}  // namespace snclr

#endif  // SNCLR_FUSED_SOFT_NEIGHBOR_LOSS_H_
