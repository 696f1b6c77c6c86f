// SPDX-License-Identifier: MIT
#include "snclr/core/optim/momentum_update.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "snclr/core/optim/momentum_cuda.h"
#include "snclr/core/optim/step_numbers.h"
#include "snclr/core/optim/stretches.h"

namespace snclr {
namespace {

template <typename T>
void UpdateByKernel(const MomentumStep& step,
                    const std::vector<MomentumPart>& parts,
                    const MomentumTensors& tensors) {
  struct Stretch {
    int64_t begin;
    int64_t end;
    double weight_decay;
    double ratio;
  };
  std::vector<Stretch> stretches;
  for (const MomentumPart& part : parts) {
    stretches.push_back({part.begin, part.end, part.weight_decay,
                         part.ratio.defined() ? part.ratio.item<double>() : 1});
  }
  ForEachStretch(
      stretches, tensors.copy.defined() ? tensors.copy.numel() : 0,
      /*on_cpu=*/true,
      [&](const Stretch& stretch, int64_t begin, int64_t end, bool is_copied) {
        MomentumUpdate(
            step,
            MomentumStretch<T>{
                end - begin, stretch.weight_decay, stretch.ratio,
                tensors.values.data_ptr<T>() + begin,
                tensors.gradients.const_data_ptr<T>() + begin,
                tensors.velocity.data_ptr<T>() + begin,
                is_copied ? tensors.copy.data_ptr<T>() + begin : nullptr});
      });
}

template <typename T>
void UpdateOnGpuAs(double momentum, const StepNumbers* numbers,
                   const std::vector<MomentumPart>& parts,
                   const MomentumTensors& tensors) {
  ForEachStretch(
      parts, tensors.copy.defined() ? tensors.copy.numel() : 0,
      /*on_cpu=*/false,
      [&](const MomentumPart& part, int64_t begin, int64_t end,
          bool is_copied) {
        MomentumPlaces<T> places{};
        places.numbers = numbers;
        places.momentum = momentum;
        if (part.ratio.defined()) {
          places.ratio = part.ratio.const_data_ptr<double>();
        }
        places.stretch = {
            end - begin,
            part.weight_decay,
            /*ratio=*/1,
            tensors.values.data_ptr<T>() + begin,
            tensors.gradients.const_data_ptr<T>() + begin,
            tensors.velocity.data_ptr<T>() + begin,
            is_copied ? tensors.copy.data_ptr<T>() + begin : nullptr};
        MomentumUpdateOnGpu(places);
      });
}

}  // namespace

void MomentumReferenceUpdate(const MomentumStep& step, const MomentumPart& part,
                             const MomentumTensors& tensors) {
  const at::NoGradGuard no_grad;
  const int64_t size = part.end - part.begin;
  at::Tensor values = tensors.values.narrow(0, part.begin, size);
  at::Tensor velocity = tensors.velocity.narrow(0, part.begin, size);
  at::Tensor update = tensors.gradients.narrow(0, part.begin, size)
                          .mul(step.gradient_scale)
                          .add_(values, part.weight_decay);
  if (part.ratio.defined()) update.mul_(part.ratio);
  velocity.mul_(step.momentum).add_(update);
  values.sub_(velocity, step.learning_rate);
  const int64_t copied =
      tensors.copy.defined()
          ? std::clamp<int64_t>(tensors.copy.numel() - part.begin, 0, size)
          : 0;
  if (copied == 0) return;
  at::Tensor copy = tensors.copy.narrow(0, part.begin, copied);
  copy.mul_(step.ema).add_(values.narrow(0, 0, copied), 1 - step.ema);
}

void UpdateWithMomentum(const MomentumStep& step,
                        const std::vector<MomentumPart>& parts,
                        const MomentumTensors& tensors) {
  const bool on_cpu = tensors.values.is_cpu();
  if (on_cpu && tensors.values.scalar_type() == at::kFloat) {
    UpdateByKernel<float>(step, parts, tensors);
  } else if (on_cpu && tensors.values.scalar_type() == at::kDouble) {
    UpdateByKernel<double>(step, parts, tensors);
  } else {
    for (const MomentumPart& part : parts) {
      MomentumReferenceUpdate(step, part, tensors);
    }
  }
}

void UpdateWithMomentumOnGpu(double momentum, const at::Tensor& numbers,
                             const std::vector<MomentumPart>& parts,
                             const MomentumTensors& tensors) {
  const auto* here =
      reinterpret_cast<const StepNumbers*>(numbers.const_data_ptr<double>());
  switch (tensors.values.scalar_type()) {
    case at::kFloat:
      return UpdateOnGpuAs<float>(momentum, here, parts, tensors);
    case at::kDouble:
      return UpdateOnGpuAs<double>(momentum, here, parts, tensors);
    default:
      TORCH_CHECK(false, "no step with momentum on a GPU for parameters of ",
                  tensors.values.scalar_type());
  }
}

}  // namespace snclr
