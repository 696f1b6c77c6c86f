// SPDX-License-Identifier: MIT
#include "eval/linear_heads.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

#include "snclr/core/nn/initialization.h"

namespace snclr {
namespace {

constexpr double kInitialStd = 0.01;

}  // namespace

LinearHeads::LinearHeads(int64_t feature_dim, int64_t classes,
                         const LinearHeadsOptions& options, at::Device device)
    : feature_dim_(feature_dim),
      classes_(classes),
      momentum_(options.momentum) {
  const auto heads = static_cast<int64_t>(options.learning_rates.size());
  TORCH_CHECK(heads >= 1 && classes >= 1 && feature_dim >= 1,
              "linear heads: ", heads, " heads of ", classes, " classes on ",
              feature_dim, " columns");
  learning_rates_ = at::tensor(options.learning_rates, at::kFloat)
                        .unsqueeze(1)
                        .to(device);  // [H, 1]
  const at::Tensor drawn = at::zeros({classes, feature_dim}, at::kFloat);
  FillNormal(drawn, kInitialStd, options.seed, "linear_probe.weight");
  weight_ = at::cat({drawn, at::zeros({classes, 1}, at::kFloat)}, 1)
                .repeat({heads, 1})
                .to(device);
  velocity_ = at::zeros_like(weight_);
}

at::Tensor LinearHeads::Scores(const at::Tensor& features) const {
  const at::NoGradGuard no_grad;
  TORCH_CHECK(features.dim() == 2 && features.size(1) == feature_dim_,
              "linear heads on ", feature_dim_,
              " columns got features of shape ", features.sizes());
  return at::addmm(weight_.select(1, feature_dim_), features,
                   weight_.narrow(1, 0, feature_dim_).t())
      .view({features.size(0), heads(), classes_});
}

at::Tensor LinearHeads::Gradient(const at::Tensor& features,
                                 const at::Tensor& labels) const {
  const at::NoGradGuard no_grad;
  const int64_t images = features.size(0);
  TORCH_CHECK(labels.dim() == 1 && labels.size(0) == images && images > 0,
              images, " features have ", labels.numel(), " labels");
  // softmax - onehot, over B.
  at::Tensor error = at::softmax(Scores(features), 2);  // [B, H, C]
  const at::Tensor own =
      labels.view({images, 1, 1}).expand({images, heads(), 1});
  error.scatter_add_(2, own, at::zeros_like(error.narrow(2, 0, 1)).sub_(1));
  error = error.div_(static_cast<double>(images))
              .view({images, heads() * classes_});
  return at::cat({error.t().matmul(features), error.sum(0).unsqueeze(1)}, 1);
}

void LinearHeads::Step(const at::Tensor& gradient, double scale) {
  const at::NoGradGuard no_grad;
  velocity_.mul_(momentum_).add_(gradient);
  weight_.view({heads(), -1})
      .sub_(velocity_.view({heads(), -1}).mul(learning_rates_.mul(scale)));
}

NamedTensors LinearHeads::State() const {
  return {{"weight", weight_}, {"momentum", velocity_}};
}

}  // namespace snclr
