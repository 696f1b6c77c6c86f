// SPDX-License-Identifier: MIT
#include "snclr/core/nn/momentum_copy.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <utility>

#include "snclr/core/nn/module_tensors.h"

namespace snclr {
namespace {

using TensorDict = torch::OrderedDict<std::string, at::Tensor>;

void CopyTensors(const TensorDict& from, const TensorDict& to) {
  for (const auto& item : to) {
    TORCH_CHECK(from.contains(item.key()), "a momentum copy has '", item.key(),
                "', its source has not");
  }
  for (const auto& item : from) {
    const at::Tensor* target = to.find(item.key());
    TORCH_CHECK(target != nullptr, "a momentum copy lacks '", item.key(), "'");
    TORCH_CHECK(target->sizes() == item.value().sizes(), "a momentum copy's '",
                item.key(), "' has shape ", target->sizes(), ", its source ",
                item.value().sizes());
    at::Tensor(*target).copy_(item.value());
  }
}

// The parameters of `copy`, those with a trained counterpart or the others.
NamedTensors CopiesOf(const torch::nn::Module& source,
                      const torch::nn::Module& copy, const std::string& prefix,
                      bool trained) {
  const TensorDict parameters = source.named_parameters();
  NamedTensors found;
  for (const auto& item : copy.named_parameters()) {
    if (parameters[item.key()].requires_grad() == trained) {
      found.push_back({prefix.empty() ? item.key() : prefix + "." + item.key(),
                       item.value()});
    }
  }
  return found;
}

}  // namespace

void BecomeMomentumCopy(const torch::nn::Module& source,
                        torch::nn::Module& copy) {
  const at::NoGradGuard no_grad;
  CopyTensors(source.named_parameters(), copy.named_parameters());
  CopyTensors(source.named_buffers(), copy.named_buffers());
  for (at::Tensor& parameter : copy.parameters()) {
    parameter.set_requires_grad(false);
  }
}

NamedTensors MomentumParameters(const torch::nn::Module& source,
                                const torch::nn::Module& copy,
                                const std::string& prefix) {
  return CopiesOf(source, copy, prefix, /*trained=*/true);
}

NamedTensors MomentumState(const torch::nn::Module& source,
                           const torch::nn::Module& copy,
                           const std::string& prefix) {
  NamedTensors state = CopiesOf(source, copy, prefix, /*trained=*/false);
  Append(state, Buffers(copy, prefix));
  return state;
}

}  // namespace snclr
