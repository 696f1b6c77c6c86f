// SPDX-License-Identifier: MIT
#include "snclr/core/nn/layer_norm.h"

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

namespace snclr {

LayerNorm::LayerNorm(int64_t width)
    : weight_(register_parameter("weight", at::ones({width}, at::kFloat))),
      bias_(register_parameter("bias", at::zeros({width}, at::kFloat))) {}

at::Tensor LayerNorm::Forward(const at::Tensor& input) {
  return at::layer_norm(input, weight_.sizes(), weight_, bias_, kEpsilon);
}

}  // namespace snclr
