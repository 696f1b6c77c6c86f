// SPDX-License-Identifier: MIT
#include "snclr/core/optim/adamw.h"

#include <ATen/ops/zeros.h>

#include <cmath>

#include "snclr/core/optim/adamw_cuda.h"
#include "snclr/core/optim/adamw_element.h"
#include "snclr/core/optim/adamw_kernel.h"
#include "snclr/core/optim/adamw_reference.h"
#include "snclr/core/optim/stretches.h"

namespace snclr {
namespace {

at::Tensor Part(const at::Tensor& buffer, int64_t begin, int64_t end) {
  return buffer.defined() ? buffer.narrow(0, begin, end - begin) : buffer;
}

void UpdateByOperators(const AdamWStep& step, bool decays,
                       const AdamWTensors& whole, int64_t begin, int64_t end) {
  AdamWReferenceUpdate(
      step, decays,
      {Part(whole.values, begin, end), Part(whole.gradients, begin, end),
       Part(whole.exp_avg, begin, end), Part(whole.exp_avg_sq, begin, end),
       Part(whole.momentum, begin, end)});
}

template <typename T>
AdamWStretch<T> StretchOf(bool decays, const AdamWTensors& whole, int64_t begin,
                          int64_t end) {
  AdamWStretch<T> stretch{};
  stretch.n = end - begin;
  stretch.decays = decays;
  stretch.values = whole.values.data_ptr<T>() + begin;
  stretch.gradients = whole.gradients.const_data_ptr<T>() + begin;
  stretch.exp_avg = whole.exp_avg.data_ptr<T>() + begin;
  stretch.exp_avg_sq = whole.exp_avg_sq.data_ptr<T>() + begin;
  if (whole.momentum.defined()) {
    stretch.momentum = whole.momentum.data_ptr<T>() + begin;
  }
  return stretch;
}

template <typename T>
void UpdateByKernel(const AdamWStep& step, bool decays,
                    const AdamWTensors& whole, int64_t begin, int64_t end) {
  const AdamWStretch<T> stretch = StretchOf<T>(decays, whole, begin, end);
  if (whole.values.is_cuda()) {
    AdamWUpdateOnGpu(step, stretch);
  } else {
    AdamWUpdate(step, stretch);
  }
}

AdamWConstants ConstantsOf(const AdamWOptions& options) {
  return {options.weight_decay, options.beta1, options.beta2, options.epsilon};
}

}  // namespace

AdamWOptions AdamWOptions::FromSpec(const OptimizerSpec& spec) {
  return {spec.weight_decay(), spec.decay_all(), spec.beta1(), spec.beta2(),
          spec.epsilon()};
}

AdamW::AdamW(FlatParameters& parameters, const AdamWOptions& options)
    : Optimizer(parameters, {"exp_avg", "exp_avg_sq"}), options_(options) {
  for (const FlatSegment& segment : parameters.segments()) {
    const bool decays = options.decay_all || segment.ndim > 1;
    if (stretches_.empty() || stretches_.back().decays != decays) {
      if (!stretches_.empty()) stretches_.back().end = segment.offset;
      stretches_.push_back({segment.offset, 0, decays});
    }
  }
  stretches_.back().end = parameters.size();
  if (parameters.values().is_cuda()) {
    device_step_ = at::zeros({kAdamWStepDoubles},
                             parameters.values().options().dtype(at::kDouble));
  }
}

void AdamW::Correct(int64_t t, StepNumbers* told) const {
  const auto steps = static_cast<double>(t);
  told->correction1 = 1 - std::pow(options_.beta1, steps);
  told->root2 = std::sqrt(1 - std::pow(options_.beta2, steps));
}

void AdamW::Update(const StepNumbers& numbers, const at::Tensor& copy) {
  const AdamWStep step =
      AdamWStepOf(ConstantsOf(options_), numbers, device_count());
  const at::Tensor& values = parameters().values();
  const AdamWTensors with = {values, parameters().gradients(), buffer(0),
                             buffer(1), copy};
  AdamWTensors without = with;
  without.momentum = at::Tensor();
  const bool has_kernel = values.is_cpu() || values.is_cuda();
  const auto update =
      !has_kernel                           ? UpdateByOperators
      : values.scalar_type() == at::kFloat  ? UpdateByKernel<float>
      : values.scalar_type() == at::kDouble ? UpdateByKernel<double>
                                            : UpdateByOperators;
  ForEachStretch(
      stretches_, copy.defined() ? copy.numel() : 0, values.is_cpu(),
      [&](const Stretch& stretch, int64_t begin, int64_t end, bool is_copied) {
        update(step, stretch.decays, is_copied ? with : without, begin, end);
      });
}

template <typename T>
void AdamW::UpdateOnGpuAs(const StepNumbers* numbers, const at::Tensor& copy) {
  const AdamWTensors with = {parameters().values(), parameters().gradients(),
                             buffer(0), buffer(1), copy};
  AdamWTensors without = with;
  without.momentum = at::Tensor();
  const auto* step =
      reinterpret_cast<const AdamWStep*>(device_step_.const_data_ptr<double>());
  ForEachStretch(
      stretches_, copy.defined() ? copy.numel() : 0, /*on_cpu=*/false,
      [&](const Stretch& stretch, int64_t begin, int64_t end, bool is_copied) {
        AdamWUpdateOnGpu(step, numbers,
                         StretchOf<T>(stretch.decays,
                                      is_copied ? with : without, begin, end));
      });
}

void AdamW::UpdateOnGpu(const at::Tensor& numbers, const at::Tensor& copy) {
  const auto* here =
      reinterpret_cast<const StepNumbers*>(numbers.const_data_ptr<double>());
  MakeAdamWStepOnGpu(
      {ConstantsOf(options_), here, device_count(),
       reinterpret_cast<AdamWStep*>(device_step_.data_ptr<double>())});
  switch (parameters().values().scalar_type()) {
    case at::kFloat:
      return UpdateOnGpuAs<float>(here, copy);
    case at::kDouble:
      return UpdateOnGpuAs<double>(here, copy);
    default:
      TORCH_CHECK(false, "no AdamW on a GPU for parameters of ",
                  parameters().values().scalar_type());
  }
}

}  // namespace snclr
