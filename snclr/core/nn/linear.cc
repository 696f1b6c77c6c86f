// SPDX-License-Identifier: MIT
#include "snclr/core/nn/linear.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

namespace snclr {

Linear::Linear(int64_t input_dim, int64_t output_dim, bool with_bias) {
  TORCH_CHECK(input_dim >= 1 && output_dim >= 1, "a linear layer of ",
              input_dim, " to ", output_dim, " columns");
  weight = register_parameter("weight",
                              at::zeros({output_dim, input_dim}, at::kFloat));
  if (with_bias) {
    bias = register_parameter("bias", at::zeros({output_dim}, at::kFloat));
  }
}

at::Tensor Linear::Forward(const at::Tensor& input) {
  return at::linear(input, weight, bias);
}

}  // namespace snclr
