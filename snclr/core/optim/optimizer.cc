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
  TORCH_CHECK(!counts_on_device_, "this optimizer's steps count on the device");
  parameters_.CheckInPlace();
  if (ema != nullptr) CheckEmaTarget(parameters_, *ema);
  const at::NoGradGuard no_grad;
  StepNumbers numbers = Tell(learning_rate, ema != nullptr ? ema->m : 1);
  numbers.gradient_scale = gradient_scale;
  Update(numbers, ema != nullptr ? ema->momentum.values() : at::Tensor());
}

StepNumbers Optimizer::Tell(double learning_rate, double ema) {
  StepNumbers told = {};
  told.learning_rate = learning_rate;
  told.ema = ema;
  if (counts_on_device_) return told;
  const at::NoGradGuard no_grad;
  step_.add_(1);
  Correct(steps(), &told);
  return told;
}

void Optimizer::StepBy(const at::Tensor& numbers, FlatParameters* momentum) {
  parameters_.CheckInPlace();
  TORCH_CHECK(numbers.numel() == kStepNumbers &&
                  numbers.scalar_type() == at::kDouble &&
                  numbers.device() == parameters_.values().device(),
              "a step's numbers are ", numbers.sizes(), " of ",
              numbers.scalar_type(), " on ", numbers.device());
  at::Tensor copy;
  if (momentum != nullptr) {
    CheckEmaTarget(parameters_, {*momentum, 1});
    copy = momentum->values();
  }
  const at::NoGradGuard no_grad;
  if (!numbers.is_cpu()) return UpdateOnGpu(numbers, copy);
  const auto& here =
      *reinterpret_cast<const StepNumbers*>(numbers.const_data_ptr<double>());
  if (here.skip == 0) Update(here, copy);
}

void Optimizer::CountOnDevice() {
  step_ = step_.to(parameters_.values().device());
  counts_on_device_ = true;
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
