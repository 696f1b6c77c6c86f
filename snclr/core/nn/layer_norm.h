// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_NN_LAYER_NORM_H_
#define SNCLR_CORE_NN_LAYER_NORM_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>

namespace snclr {

// Normalises each row of E numbers, then scales and shifts it (Ba et al.,
// arXiv:1607.06450), with the vision transformer's epsilon of 1e-6. Parameters
// "weight" [E], 1 to begin with, and "bias" [E], 0.
class LayerNorm : public torch::nn::Module {
 public:
  explicit LayerNorm(int64_t width);

  // [..., E] -> [..., E].
  at::Tensor Forward(const at::Tensor& input);

  const at::Tensor& weight() const { return weight_; }
  const at::Tensor& bias() const { return bias_; }

  static constexpr double kEpsilon = 1e-6;  // timm's; PyTorch's is 1e-5

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_LAYER_NORM_H_
