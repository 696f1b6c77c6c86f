// SPDX-License-Identifier: MIT
#include "snclr/fused_soft_neighbor_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>

#include "snclr/core/ops/streaming_log_sum_exp.h"
#include "snclr/soft_neighbor_row.h"
#include "snclr/soft_neighbor_rows_cuda.h"

namespace snclr {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct RowResults {
  at::Tensor losses;         // [B]
  at::Tensor score_slopes;   // [B, K+1]
  at::Tensor weight_slopes;  // [B, K]
  at::Tensor log_z_slopes;   // [B]
};

template <typename T>
RowResults RunRows(const at::Tensor& scores, const at::Tensor& weights,
                   const at::Tensor& log_z,
                   const SoftNeighborLossOptions& options) {
  const RowResults results = {at::empty_like(log_z), at::empty_like(scores),
                              at::empty_like(weights), at::empty_like(log_z)};
  const SoftNeighborRows<T> rows = {
      scores.const_data_ptr<T>(),          weights.const_data_ptr<T>(),
      log_z.const_data_ptr<T>(),           weights.size(1),
      static_cast<T>(options.temperature), options.objective == PAPER,
      !options.neighbors_as_negatives,     results.losses.data_ptr<T>(),
      results.score_slopes.data_ptr<T>(),  results.weight_slopes.data_ptr<T>(),
      results.log_z_slopes.data_ptr<T>()};
  if (scores.is_cuda()) {
    SoftNeighborRowsOnGpu(scores.size(0), rows);
  } else {
    for (int64_t i = 0; i < scores.size(0); ++i) rows(i);
  }
  return results;
}

RowResults RunRowsOf(const at::Tensor& scores, const at::Tensor& weights,
                     const at::Tensor& log_z,
                     const SoftNeighborLossOptions& options) {
  return scores.scalar_type() == at::kDouble
             ? RunRows<double>(scores, weights, log_z, options)
             : RunRows<float>(scores, weights, log_z, options);
}

class SoftNeighborLossFunction
    : public torch::autograd::Function<SoftNeighborLossFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& queries,
                            const at::Tensor& positiveness,
                            const at::Tensor& candidates,
                            const at::Tensor& columns,
                            const SoftNeighborLossOptions& options,
                            bool query_gradient, bool weight_gradient) {
    const double temperature = options.temperature;
    const at::Tensor scores =
        (at::bmm(candidates, queries.unsqueeze(2)).squeeze(2) / temperature)
            .contiguous();  // [B, K+1]
    const LogSumExpSums sums = SumOverColumns(
        queries, columns, {temperature, options.block}, query_gradient);
    const RowResults rows =
        RunRowsOf(scores, positiveness.contiguous(), sums.log_sum_exp, options);
    const double each =
        1.0 / static_cast<double>(std::max<int64_t>(queries.size(0), 1));
    variable_list slopes(2);
    if (query_gradient) {
      const at::Tensor of_scores =
          at::bmm(rows.score_slopes.unsqueeze(1), candidates).squeeze(1);
      slopes[0] = (rows.log_z_slopes.unsqueeze(1) * sums.mean_column)
                      .add_(of_scores)
                      .mul_(each / temperature);
    }
    if (weight_gradient) slopes[1] = rows.weight_slopes * each;
    context->save_for_backward(slopes);
    return rows.losses.mean();
  }

  static variable_list backward(AutogradContext* context,
                                variable_list gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "SoftNeighborLoss has no second derivative on a GPU");
    const variable_list slopes = context->get_saved_variables();
    variable_list result(7);
    for (const size_t i : {0, 1}) {
      if (slopes[i].defined()) result[i] = gradients[0] * slopes[i];
    }
    return result;
  }
};

}  // namespace

at::Tensor FusedSoftNeighborLoss(const at::Tensor& unit_queries,
                                 const at::Tensor& positiveness,
                                 const at::Tensor& unit_candidates,
                                 const at::Tensor& unit_columns_global,
                                 const SoftNeighborLossOptions& options) {
  const bool recorded = c10::GradMode::is_enabled();
  return SoftNeighborLossFunction::apply(
      unit_queries, positiveness, unit_candidates.detach(),
      unit_columns_global.detach(), options,
      recorded && unit_queries.requires_grad(),
      recorded && positiveness.requires_grad());
}

}  // namespace snclr
