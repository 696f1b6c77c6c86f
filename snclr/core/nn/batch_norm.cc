// SPDX-License-Identifier: MIT
#include "snclr/core/nn/batch_norm.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/var_mean.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <tuple>
#include <vector>

namespace snclr {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct Statistics {
  at::Tensor mean;      // [C], over all ranks
  at::Tensor variance;  // [C], biased
};

// All dimensions but the features'.
std::vector<int64_t> Reduced(const at::Tensor& input) {
  return input.dim() == 2 ? std::vector<int64_t>{0}
                          : std::vector<int64_t>{0, 2, 3};
}

// [C] in the shape that goes with [B, C] or [B, C, H, W].
at::Tensor PerFeature(const at::Tensor& values, const at::Tensor& input) {
  return input.dim() == 2 ? values : values.view({-1, 1, 1});
}

// Every rank brings mean and variance of as many rows, so the whole mean is the
// mean of means, and the whole variance the mean of variances plus the variance
// of means: no sum of squares, which would cancel.
Statistics StatisticsOverRanks(const at::Tensor& input, ProcessGroup& group) {
  const auto [variance, mean] =
      at::var_mean(input, Reduced(input), /*correction=*/0);
  const at::Tensor all =
      group.AllGather(at::stack({mean, variance}).unsqueeze(0));  // [W, 2, C]
  const at::Tensor means = all.select(1, 0);
  const at::Tensor whole_mean = means.mean(0);
  return {whole_mean,
          all.select(1, 1).mean(0) + (means - whole_mean).square().mean(0)};
}

// x, mean, variance of all ranks' rows -> (x - mean) / sqrt(variance +
// epsilon). mean and variance come from x too, on every rank; that is what the
// backward pass accounts for, with one sum over the ranks:
//   dx = (dy - mean(dy) - xhat mean(dy xhat)) / sqrt(variance + epsilon).
class NormalizeOverRanks : public Function<NormalizeOverRanks> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& mean, const at::Tensor& variance,
                            double epsilon, int64_t group) {
    const at::Tensor inverse_std = at::rsqrt(variance + epsilon);
    const at::Tensor normalized =
        (input - PerFeature(mean, input)) * PerFeature(inverse_std, input);
    context->save_for_backward({normalized, inverse_std});
    context->saved_data["group"] = group;
    return normalized;
  }

  static variable_list backward(AutogradContext* context,
                                variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& normalized = saved[0];
    const at::Tensor& inverse_std = saved[1];
    auto& group =
        *reinterpret_cast<ProcessGroup*>(context->saved_data["group"].toInt());
    const at::Tensor& gradient = gradients[0];
    at::Tensor means =
        at::stack({gradient.mean(Reduced(gradient)),
                   (gradient * normalized).mean(Reduced(gradient))});
    group.AllReduceSum(means);
    means.div_(group.size());
    const at::Tensor input_gradient =
        (gradient - PerFeature(means[0], gradient) -
         normalized * PerFeature(means[1], gradient)) *
        PerFeature(inverse_std, gradient);
    return {input_gradient, Variable(), Variable(), Variable(), Variable()};
  }
};

}  // namespace

BatchNorm::BatchNorm(const BatchNormOptions& options, ProcessGroup& group)
    : options_(options), group_(group) {
  TORCH_CHECK(options.features >= 1, "batch norm over ", options.features,
              " features");
  if (options.affine) {
    weight_ =
        register_parameter("weight", at::ones({options.features}, at::kFloat));
    bias_ =
        register_parameter("bias", at::zeros({options.features}, at::kFloat));
  }
  running_mean_ = register_buffer("running_mean",
                                  at::zeros({options.features}, at::kFloat));
  running_var_ =
      register_buffer("running_var", at::ones({options.features}, at::kFloat));
  num_batches_tracked_ =
      register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
}

at::Tensor BatchNorm::Forward(const at::Tensor& input) {
  TORCH_CHECK((input.dim() == 2 || input.dim() == 4) &&
                  input.size(1) == options_.features,
              "batch norm of shape ", input.sizes(), ", wanted [B, ",
              options_.features, "] or [B, ", options_.features, ", H, W]");
  const bool alone = !is_training() || group_.size() == 1;
  if (is_training()) {
    TORCH_CHECK(input.numel() / options_.features * group_.size() > 1,
                "batch norm needs more than one value per feature in training");
    num_batches_tracked_.add_(1);
  }
  if (alone) {
    return at::batch_norm(input, weight_, bias_, running_mean_, running_var_,
                          is_training(), options_.momentum, options_.epsilon,
                          /*cudnn_enabled=*/true);
  }
  return ForwardOverRanks(input);
}

at::Tensor BatchNorm::ForwardOverRanks(const at::Tensor& given) {
  const at::Tensor input = given.to(running_mean_.scalar_type());
  Statistics statistics;
  {
    const at::NoGradGuard no_grad;
    statistics = StatisticsOverRanks(input, group_);
    const auto rows =
        static_cast<double>(input.numel() / options_.features * group_.size());
    running_mean_.lerp_(statistics.mean, options_.momentum);
    running_var_.lerp_(statistics.variance * (rows / (rows - 1)),
                       options_.momentum);
  }
  const at::Tensor normalized = NormalizeOverRanks::apply(
      input, statistics.mean, statistics.variance, options_.epsilon,
      reinterpret_cast<int64_t>(&group_));
  const at::Tensor output =
      options_.affine
          ? normalized * PerFeature(weight_, input) + PerFeature(bias_, input)
          : normalized;
  return output.to(given.scalar_type());
}

}  // namespace snclr
