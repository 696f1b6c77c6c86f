// SPDX-License-Identifier: MIT
#include "snclr/core/nn/module_tensors.h"

#include <iterator>
#include <utility>

namespace snclr {
namespace {

std::string Name(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

NamedTensors Parameters(const torch::nn::Module& module,
                        const std::string& prefix, bool trained) {
  NamedTensors found;
  for (const auto& parameter : module.named_parameters()) {
    if (parameter.value().requires_grad() == trained) {
      found.push_back({Name(prefix, parameter.key()), parameter.value()});
    }
  }
  return found;
}

}  // namespace

NamedTensors TrainedParameters(const torch::nn::Module& module,
                               const std::string& prefix) {
  return Parameters(module, prefix, /*trained=*/true);
}

NamedTensors FrozenParameters(const torch::nn::Module& module,
                              const std::string& prefix) {
  return Parameters(module, prefix, /*trained=*/false);
}

NamedTensors Buffers(const torch::nn::Module& module,
                     const std::string& prefix) {
  NamedTensors found;
  for (const auto& buffer : module.named_buffers()) {
    found.push_back({Name(prefix, buffer.key()), buffer.value()});
  }
  return found;
}

void Append(NamedTensors& tensors, NamedTensors more) {
  tensors.insert(tensors.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
}

}  // namespace snclr
