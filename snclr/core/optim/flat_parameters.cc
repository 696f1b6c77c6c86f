// SPDX-License-Identifier: MIT
#include "snclr/core/optim/flat_parameters.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

namespace snclr {
namespace {

constexpr int64_t kAlignmentBytes = 64;

void CheckFits(const NamedTensor& parameter, const at::Tensor& first,
               bool with_gradients) {
  const auto& [name, tensor] = parameter;
  TORCH_CHECK(tensor.defined() && tensor.is_leaf(), "parameter '", name,
              "' is no leaf tensor");
  TORCH_CHECK(at::isFloatingType(tensor.scalar_type()) &&
                  tensor.scalar_type() == first.scalar_type() &&
                  tensor.device() == first.device(),
              "parameter '", name, "' is ", tensor.scalar_type(), " on ",
              tensor.device(), ", the first one ", first.scalar_type(), " on ",
              first.device(), "; all must be of one floating type and place");
  TORCH_CHECK(tensor.requires_grad() == with_gradients, "parameter '", name,
              with_gradients ? "' has no gradient" : "' has a gradient");
}

}  // namespace

FlatParameters::FlatParameters(const NamedTensors& parameters,
                               Gradients gradients) {
  TORCH_CHECK(!parameters.empty(), "no parameters to lay out");
  const at::NoGradGuard no_grad;
  const at::Tensor& first = parameters.front().tensor;
  const int64_t alignment =
      kAlignmentBytes / static_cast<int64_t>(first.element_size());
  int64_t end = 0;
  for (const NamedTensor& parameter : parameters) {
    CheckFits(parameter, first, gradients == kWithGradients);
    const at::Tensor& tensor = parameter.tensor;
    segments_.push_back({parameter.name, end, tensor.numel(), tensor.dim(),
                         tensor.sizes().vec()});
    parameters_.push_back(tensor);
    end += (tensor.numel() + alignment - 1) / alignment * alignment;
  }
  values_ = at::zeros({end}, first.options().requires_grad(false));
  if (gradients == kWithGradients) gradients_ = at::zeros_like(values_);
  for (size_t i = 0; i < segments_.size(); ++i) {
    const at::Tensor view = View(values_, segments_[i]);
    view.copy_(parameters_[i]);
    parameters_[i].set_data(view);
    if (gradients_.defined()) {
      parameters_[i].mutable_grad() = View(gradients_, segments_[i]);
    }
  }
}

void FlatParameters::ZeroGradients() {
  TORCH_CHECK(gradients_.defined(), "these parameters have no gradients");
  CheckInPlace();
  gradients_.zero_();
}

void FlatParameters::CheckInPlace() const {
  const auto lies_at = [](const at::Tensor& tensor, const at::Tensor& buffer,
                          int64_t offset) {
    return tensor.defined() &&
           tensor.const_data_ptr() ==
               static_cast<const char*>(buffer.const_data_ptr()) +
                   offset * static_cast<int64_t>(buffer.element_size());
  };
  for (size_t i = 0; i < segments_.size(); ++i) {
    const FlatSegment& segment = segments_[i];
    TORCH_CHECK(lies_at(parameters_[i], values_, segment.offset), "parameter '",
                segment.name, "' was moved out of its flat buffer");
    if (!gradients_.defined()) continue;
    TORCH_CHECK(lies_at(parameters_[i].grad(), gradients_, segment.offset),
                "the gradient of '", segment.name,
                "' was moved out of its flat buffer");
  }
}

at::Tensor FlatParameters::View(const at::Tensor& buffer,
                                const FlatSegment& segment) {
  return buffer.narrow(0, segment.offset, segment.size).view(segment.shape);
}

}  // namespace snclr
