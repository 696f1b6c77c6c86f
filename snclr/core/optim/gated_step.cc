// SPDX-License-Identifier: MIT
#include "snclr/core/optim/gated_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cstddef>
#include <cstring>

#include "snclr/core/optim/find_numbers_cuda.h"
#include "snclr/core/optim/gradient_norm.h"
#include "snclr/core/optim/loss_scale.h"

namespace snclr {
namespace {

constexpr int64_t kLossScaleDoubles = sizeof(LossScale) / sizeof(double);

int64_t Index(size_t offset) {
  return static_cast<int64_t>(offset / sizeof(double));
}

}  // namespace

GatedStep::GatedStep(Optimizer& optimizer, FlatParameters& trained,
                     const GatedStepOptions& options)
    : optimizer_(optimizer), trained_(trained), options_(options) {
  const auto doubles =
      at::TensorOptions(trained.values().device()).dtype(at::kDouble);
  numbers_ = at::zeros({kStepNumbers}, doubles);
  if (!options.scales_loss) return;
  optimizer.CountOnDevice();
  loss_scale_ = at::zeros({kLossScaleDoubles}, doubles);
  loss_scale_.select(0, Index(offsetof(LossScale, scale)))
      .fill_(LossScale::kFirst);
}

void GatedStep::Tell(double learning_rate, double ema) {
  const at::NoGradGuard no_grad;
  const StepNumbers told = optimizer_.Tell(learning_rate, ema);
  // A new piece of page-locked memory each time, as the device may not yet have
  // read that of the step before.
  const at::Tensor here = at::empty(
      {kToldNumbers},
      at::TensorOptions(at::kDouble).pinned_memory(!numbers_.is_cpu()));
  std::memcpy(here.data_ptr<double>(), &told, here.nbytes());
  numbers_.narrow(0, 0, kToldNumbers).copy_(here, /*non_blocking=*/true);
}

at::Tensor GatedStep::LossScaleAs(const at::Tensor& like) const {
  return loss_scale_.select(0, Index(offsetof(LossScale, scale)))
      .to(like.scalar_type());
}

at::Tensor GatedStep::Scaled(const at::Tensor& loss) const {
  return loss_scale_.defined() ? loss * LossScaleAs(loss) : loss;
}

at::Tensor GatedStep::Unscaled(const at::Tensor& of_gradients) const {
  return loss_scale_.defined() ? of_gradients / LossScaleAs(of_gradients)
                               : of_gradients;
}

void GatedStep::Step(FlatParameters* momentum) {
  const at::NoGradGuard no_grad;
  const bool on_cpu = numbers_.is_cpu();
  // On the CPU the same bits for any number of threads.
  const at::Tensor norm =
      on_cpu ? at::scalar_tensor(GradientNorm(trained_), at::kDouble)
             : LateGradientNorm(trained_);
  FindNumbers find{};
  find.step = reinterpret_cast<StepNumbers*>(numbers_.data_ptr<double>());
  find.norm = norm.const_data_ptr<double>();
  find.most_norm = options_.clip_gradient_norm;
  if (loss_scale_.defined()) {
    find.loss_scale =
        reinterpret_cast<LossScale*>(loss_scale_.data_ptr<double>());
    find.taken = optimizer_.step_counter().data_ptr<int64_t>();
  }
  if (on_cpu) {
    find(0);
  } else {
    FindNumbersOnGpu(find);
  }
  optimizer_.StepBy(numbers_, momentum);
}

at::Tensor GatedStep::gradient_norm() const {
  return numbers_.select(0, Index(offsetof(StepNumbers, gradient_norm)));
}

NamedTensors GatedStep::Metrics() const {
  if (!loss_scale_.defined()) return {};
  return {
      {"loss_scale", loss_scale_.select(0, Index(offsetof(LossScale, scale)))},
      {"skipped_steps",
       loss_scale_.select(0, Index(offsetof(LossScale, skipped)))}};
}

NamedTensors GatedStep::State() const {
  if (!loss_scale_.defined()) return {};
  return {{"loss_scale", loss_scale_}};
}

}  // namespace snclr
