// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_NN_NAMED_TENSOR_H_
#define SNCLR_CORE_NN_NAMED_TENSOR_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace snclr {

// A tensor under the name that checkpoints and messages use for it, such as
// "encoder.blocks.0.attn.qkv.weight". Shares memory with its owner.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};
using NamedTensors = std::vector<NamedTensor>;

}  // namespace snclr

#endif  // SNCLR_CORE_NN_NAMED_TENSOR_H_
