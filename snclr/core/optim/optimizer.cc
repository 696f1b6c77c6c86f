// SPDX-License-Identifier: MIT
#include "snclr/core/optim/optimizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

#include <utility>

namespace snclr {

Optimizer::Optimizer(FlatParameters& parameters,
                     std::vector<std::string> buffer_names)
    : parameters_(parameters),
      buffer_names_(std::move(buffer_names)),
      step_(at::zeros({}, at::kLong)) {
  TORCH_CHECK(parameters.gradients().defined(),
              "an optimizer on parameters without gradients");
  for (size_t i = 0; i < buffer_names_.size(); ++i) {
    buffers_.push_back(at::zeros_like(parameters.values()));
  }
}

void Optimizer::Step(double learning_rate, double gradient_scale,
                     const EmaTarget* ema) {
  parameters_.CheckInPlace();
  if (ema != nullptr) CheckEmaTarget(parameters_, *ema);
  const at::NoGradGuard no_grad;
  step_.add_(1);
  Update(learning_rate, gradient_scale,
         ema != nullptr ? ema->momentum.values() : at::Tensor(),
         ema != nullptr ? ema->m : 1);
}

int64_t Optimizer::steps() const { return step_.item<int64_t>(); }

NamedTensors Optimizer::State() const {
  NamedTensors state = {{"step", step_}};
  for (const FlatSegment& segment : parameters_.segments()) {
    for (size_t i = 0; i < buffers_.size(); ++i) {
      state.push_back({buffer_names_[i] + "." + segment.name,
                       FlatParameters::View(buffers_[i], segment)});
    }
  }
  return state;
}

}  // namespace snclr
