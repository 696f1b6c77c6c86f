// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_NN_LINEAR_H_
#define SNCLR_CORE_NN_LINEAR_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>

namespace snclr {

// y = x weight^T + bias, with parameters "weight" [O, I] and "bias" [O], both
// zero until their owner draws them (initialization.h).
class Linear : public torch::nn::Module {
 public:
  Linear(int64_t input_dim, int64_t output_dim, bool with_bias);

  // [..., I] -> [..., O].
  at::Tensor Forward(const at::Tensor& input);

  at::Tensor weight;  // [O, I]
  at::Tensor bias;    // [O], undefined without
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_LINEAR_H_
