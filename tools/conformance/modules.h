// SPDX-License-Identifier: MIT
// Golden weights into modules of ours and back out.
#ifndef TOOLS_CONFORMANCE_MODULES_H_
#define TOOLS_CONFORMANCE_MODULES_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "snclr/core/nn/named_tensor.h"

namespace snclr {

using TensorMap = std::map<std::string, at::Tensor>;

TensorMap ByName(const NamedTensors& tensors);

// Every tensor of `map`, under `prefix` + its name.
TensorMap WithNamePrefix(const TensorMap& map, const std::string& prefix);

// Copies `values` into `targets` of the same names and shapes, whatever the
// dtypes. Throws c10::Error naming a tensor that only one of them has, or whose
// shapes differ: then the structures differ, and numbers would mean nothing.
void CopyByName(const TensorMap& values, const TensorMap& targets);

}  // namespace snclr

#endif  // TOOLS_CONFORMANCE_MODULES_H_
