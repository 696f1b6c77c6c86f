// SPDX-License-Identifier: MIT
#include "tools/conformance/modules.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

namespace snclr {

TensorMap ByName(const NamedTensors& tensors) {
  TensorMap map;
  for (const NamedTensor& one : tensors) map[one.name] = one.tensor;
  return map;
}

TensorMap WithNamePrefix(const TensorMap& map, const std::string& prefix) {
  TensorMap renamed;
  for (const auto& [name, tensor] : map) renamed[prefix + name] = tensor;
  return renamed;
}

void CopyByName(const TensorMap& values, const TensorMap& targets) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, value] : values) {
    TORCH_CHECK(targets.count(name) > 0, "the file's '", name,
                "' has no counterpart in the code");
  }
  for (const auto& [name, target] : targets) {
    const auto found = values.find(name);
    TORCH_CHECK(found != values.end(), "the code's '", name,
                "' has no counterpart in the file");
    TORCH_CHECK(found->second.sizes() == target.sizes(), "'", name, "' is ",
                found->second.sizes(), " in the file and ", target.sizes(),
                " in the code");
    at::Tensor(target).copy_(found->second);
  }
}

}  // namespace snclr
