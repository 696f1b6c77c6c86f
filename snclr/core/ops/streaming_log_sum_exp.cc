// SPDX-License-Identifier: MIT
#include "snclr/core/ops/streaming_log_sum_exp.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "snclr/core/ops/log_sum_exp_cuda.h"

namespace snclr {
namespace {

// On a CPU 2 MiB of float logits. Of 256 to 32,768 columns for 128 queries all
// took the same time on one thread (tools/bench:soft_neighbor_loss); on two,
// larger blocks were better, since threads meet a few times in each. A GPU
// wants more work in a launch.
int64_t ColumnsPerBlock(const at::Tensor& queries, int64_t asked) {
  if (asked > 0) return asked;
  const int64_t elements =
      queries.is_cpu() ? int64_t{1} << 19 : int64_t{1} << 23;
  return std::max<int64_t>(elements / std::max<int64_t>(queries.size(0), 1),
                           64);
}

LogSumExpSums SumInBlocks(const at::Tensor& queries, const at::Tensor& columns,
                          const StreamingLogSumExpOptions& options,
                          bool with_mean) {
  const int64_t batch = queries.size(0);
  const int64_t total = columns.size(0);
  const int64_t block =
      std::min(ColumnsPerBlock(queries, options.block), total);
  const at::Tensor scaled = queries / options.temperature;
  at::Tensor maximum = at::full(
      {batch, 1}, -std::numeric_limits<double>::infinity(), queries.options());
  at::Tensor sum = at::zeros({batch, 1}, queries.options());
  at::Tensor weighted;  // [B, D]
  if (with_mean) weighted = at::zeros(queries.sizes(), queries.options());
  at::Tensor buffer = at::empty({batch * block}, queries.options());

  for (int64_t begin = 0; begin < total; begin += block) {
    const int64_t size = std::min(block, total - begin);
    const at::Tensor some = columns.narrow(0, begin, size);
    at::Tensor terms = buffer.narrow(0, 0, batch * size).view({batch, size});
    at::mm_out(terms, scaled, some.t());
    const at::Tensor new_maximum =
        at::maximum(maximum, terms.amax(1, /*keepdim=*/true));
    const at::Tensor decay = (maximum - new_maximum).exp_();  // [B, 1]
    terms.sub_(new_maximum).exp_();
    sum.mul_(decay).add_(terms.sum(1, /*keepdim=*/true));
    if (with_mean) weighted.mul_(decay).addmm_(terms, some);
    maximum = new_maximum;
  }
  if (with_mean) weighted.div_(sum);
  return {(maximum + sum.log()).squeeze(1), weighted};
}

// Undefined tensors where the kernel is not for these.
LogSumExpSums SumOnGpu(const at::Tensor& queries, const at::Tensor& columns,
                       double temperature, bool with_mean) {
  const int64_t batch = queries.size(0), dim = queries.size(1);
  const int64_t row_bytes = dim * 4;
  const auto rows_of = [&](const at::Tensor& of) {
    return RowBytes{static_cast<const unsigned char*>(of.const_data_ptr()),
                    of.stride(0) * 4, of.size(0)};
  };
  const auto is_whole = [](const RowBytes& rows) {
    return rows.stride % 16 == 0 &&
           reinterpret_cast<uintptr_t>(rows.data) % 16 == 0;
  };
  if (queries.scalar_type() != at::kFloat || batch == 0 ||
      row_bytes % kChunkBytes != 0 || row_bytes == 0 || row_bytes > (1 << 16) ||
      columns.stride(1) != 1) {
    return {};
  }
  const at::Tensor whole_queries = queries.contiguous();
  LogSumExpPlan plan;
  plan.queries = rows_of(whole_queries);
  plan.columns = rows_of(columns);
  if (!is_whole(plan.queries) || !is_whole(plan.columns)) return {};
  plan.row_bytes = static_cast<int>(row_bytes);
  plan.pieces =
      LogSumExpPieces(batch, columns.size(0), plan.row_bytes, with_mean);
  if (plan.pieces == 0) return {};
  const at::TensorOptions floats = queries.options();
  const at::Tensor kept = at::empty({2, plan.pieces, batch}, floats);
  at::Tensor weighted;
  LogSumExpSums sums = {at::empty({batch}, floats), at::Tensor()};
  if (with_mean) {
    weighted = at::empty({plan.pieces, batch, dim}, floats);
    sums.mean_column = at::empty({batch, dim}, floats);
  }
  plan.temperature = static_cast<float>(temperature);
  plan.with_mean = with_mean;
  plan.maximum = kept.data_ptr<float>();
  plan.sum = plan.maximum + plan.pieces * batch;
  plan.weighted = with_mean ? weighted.data_ptr<float>() : nullptr;
  LogSumExpOnGpu(plan,
                 {plan.maximum, plan.sum, plan.weighted, batch, plan.pieces,
                  with_mean ? dim : 1, sums.log_sum_exp.data_ptr<float>(),
                  with_mean ? sums.mean_column.data_ptr<float>() : nullptr});
  return sums;
}

void Check(const at::Tensor& queries, const at::Tensor& columns,
           const StreamingLogSumExpOptions& options) {
  TORCH_CHECK(queries.dim() == 2 && columns.dim() == 2 &&
                  queries.size(1) == columns.size(1) && columns.size(0) > 0,
              "StreamingLogSumExp: queries [B, D] and columns [N, D], N > 0, "
              "wanted; got ",
              queries.sizes(), " and ", columns.sizes());
  TORCH_CHECK(queries.scalar_type() == columns.scalar_type(),
              "StreamingLogSumExp: queries are ", queries.scalar_type(),
              ", columns ", columns.scalar_type());
  TORCH_CHECK(options.temperature > 0, "StreamingLogSumExp: temperature ",
              options.temperature, " is not above 0");
}

class LogSumExpFunction : public torch::autograd::Function<LogSumExpFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& queries,
                            const at::Tensor& columns, double temperature,
                            int64_t block, bool with_gradient) {
    const LogSumExpSums sums =
        SumOverColumns(queries, columns, {temperature, block}, with_gradient);
    if (with_gradient) {
      context->save_for_backward({sums.mean_column / temperature});
    }
    return sums.log_sum_exp;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "StreamingLogSumExp has no second derivative");
    const at::Tensor slope = context->get_saved_variables()[0];  // [B, D]
    return {gradients[0].unsqueeze(1) * slope, at::Tensor(), at::Tensor(),
            at::Tensor(), at::Tensor()};
  }
};

}  // namespace

LogSumExpSums SumOverColumns(const at::Tensor& queries,
                             const at::Tensor& columns,
                             const StreamingLogSumExpOptions& options,
                             bool with_mean) {
  Check(queries, columns, options);
  if (queries.is_cuda() && options.block == 0) {
    const LogSumExpSums sums =
        SumOnGpu(queries, columns, options.temperature, with_mean);
    if (sums.log_sum_exp.defined()) return sums;
  }
  return SumInBlocks(queries, columns, options, with_mean);
}

at::Tensor StreamingLogSumExp(const at::Tensor& queries,
                              const at::Tensor& columns,
                              const StreamingLogSumExpOptions& options) {
  Check(queries, columns, options);
  const bool with_gradient =
      c10::GradMode::is_enabled() && queries.requires_grad();
  return LogSumExpFunction::apply(queries, columns.detach(),
                                  options.temperature, options.block,
                                  with_gradient);
}

}  // namespace snclr
