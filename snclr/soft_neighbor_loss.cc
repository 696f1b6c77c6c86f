// SPDX-License-Identifier: MIT
#include "snclr/soft_neighbor_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/logsumexp.h>

#include <limits>

#include "snclr/core/ops/streaming_log_sum_exp.h"
#include "snclr/fused_soft_neighbor_loss.h"

namespace snclr {
namespace {

void CheckShapes(const at::Tensor& queries, const at::Tensor& positiveness,
                 const at::Tensor& candidates) {
  TORCH_CHECK(
      queries.dim() == 2 && positiveness.dim() == 2 && candidates.dim() == 3 &&
          positiveness.size(0) == queries.size(0) &&
          candidates.size(0) == queries.size(0) &&
          candidates.size(1) == positiveness.size(1) + 1 &&
          candidates.size(2) == queries.size(1),
      "SoftNeighborLoss: queries [B, D], positiveness [B, K], "
      "candidates [B, K+1, D] wanted; got ",
      queries.sizes(), ", ", positiveness.sizes(), ", ", candidates.sizes());
}

bool IsFused(const at::Tensor& queries, const at::Tensor& positiveness,
             const at::Tensor& candidates,
             const SoftNeighborLossOptions& options) {
  return queries.is_cuda() && options.block == 0 &&
         (options.objective == CODE || options.objective == PAPER) &&
         queries.scalar_type() == at::kFloat &&
         positiveness.scalar_type() == at::kFloat &&
         candidates.scalar_type() == at::kFloat;
}

// log sum_j w_j exp(s_j), finite for any s as long as one w_j is above 0; the
// w_j that are 0 get no gradient (a threshold or an underflow made them so).
at::Tensor LogOfWeightedSum(const at::Tensor& weights,
                            const at::Tensor& scores) {
  const at::Tensor counted = scores.masked_fill(
      weights <= 0, -std::numeric_limits<double>::infinity());
  const at::Tensor maximum = counted.detach().amax(1, /*keepdim=*/true);
  const at::Tensor sum = (weights * (counted - maximum).exp()).sum(1);
  return sum.log() + maximum.squeeze(1);
}

}  // namespace

at::Tensor SoftNeighborLoss(const at::Tensor& unit_queries,
                            const at::Tensor& positiveness,
                            const at::Tensor& unit_candidates,
                            const at::Tensor& unit_columns_global,
                            const SoftNeighborLossOptions& options) {
  CheckShapes(unit_queries, positiveness, unit_candidates);
  if (IsFused(unit_queries, positiveness, unit_candidates, options)) {
    return FusedSoftNeighborLoss(unit_queries, positiveness, unit_candidates,
                                 unit_columns_global, options);
  }
  const double temperature = options.temperature;
  const int64_t neighbors = positiveness.size(1);
  const at::Tensor scores =
      at::bmm(unit_candidates.detach(), unit_queries.unsqueeze(2)).squeeze(2) /
      temperature;  // [B, K+1]
  at::Tensor log_z = StreamingLogSumExp(unit_queries, unit_columns_global,
                                        {temperature, options.block});  // [B]
  if (!options.neighbors_as_negatives && neighbors > 0) {
    log_z = at::logaddexp(log_z,
                          at::logsumexp(scores.narrow(1, 1, neighbors), {1}));
  }
  const at::Tensor weights = at::cat(
      {positiveness.new_ones({positiveness.size(0), 1}), positiveness}, 1);
  switch (options.objective) {
    case CODE:
      return (weights.sum(1) * log_z - (weights * scores).sum(1)).mean() *
             (2 * temperature);
    case PAPER:
      return (log_z - LogOfWeightedSum(weights, scores)).mean();
    default:
      TORCH_CHECK(false, "SoftNeighborLoss: objective ", options.objective,
                  " is not one of PAPER, CODE");
  }
}

}  // namespace snclr
