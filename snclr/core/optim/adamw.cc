// SPDX-License-Identifier: MIT
#include "snclr/core/optim/adamw.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>

#include "snclr/core/ops/parallel.h"
#include "snclr/core/optim/adamw_kernel.h"
#include "snclr/core/optim/adamw_reference.h"

namespace snclr {
namespace {

constexpr int64_t kGrain = 1 << 14;  // elements: five buffers in the L2 cache

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
void UpdateByKernel(const AdamWStep& step, bool decays,
                    const AdamWTensors& whole, int64_t begin, int64_t end) {
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
  AdamWUpdate(step, stretch);
}

}  // namespace

AdamWOptions AdamWOptions::FromSpec(const OptimizerSpec& spec) {
  return {spec.weight_decay(), spec.decay_all(), spec.beta1(), spec.beta2(),
          spec.epsilon()};
}

AdamW::AdamW(FlatParameters& parameters, const AdamWOptions& options)
    : parameters_(parameters),
      options_(options),
      step_(at::zeros({}, at::kLong)),
      exp_avg_(at::zeros_like(parameters.values())),
      exp_avg_sq_(at::zeros_like(parameters.values())) {
  TORCH_CHECK(parameters.gradients().defined(),
              "AdamW on parameters without gradients");
  for (const FlatSegment& segment : parameters.segments()) {
    const bool decays = options.decay_all || segment.ndim > 1;
    if (stretches_.empty() || stretches_.back().decays != decays) {
      if (!stretches_.empty()) stretches_.back().end = segment.offset;
      stretches_.push_back({segment.offset, 0, decays});
    }
  }
  stretches_.back().end = parameters.size();
}

void AdamW::Step(double learning_rate, double gradient_scale,
                 const EmaTarget* ema) {
  parameters_.CheckInPlace();
  if (ema != nullptr) CheckEmaTarget(parameters_, *ema);
  const at::NoGradGuard no_grad;
  step_.add_(1);
  const auto t = static_cast<double>(steps());
  const AdamWStep step = {gradient_scale,
                          1 - learning_rate * options_.weight_decay,
                          options_.beta1,
                          options_.beta2,
                          learning_rate / (1 - std::pow(options_.beta1, t)),
                          std::sqrt(1 - std::pow(options_.beta2, t)),
                          options_.epsilon,
                          ema != nullptr ? ema->m : 1};
  Update(step, ema != nullptr ? ema->momentum.values() : at::Tensor());
}

void AdamW::Update(const AdamWStep& step, const at::Tensor& momentum) {
  AdamWTensors with = {parameters_.values(), parameters_.gradients(), exp_avg_,
                       exp_avg_sq_, momentum};
  AdamWTensors without = with;
  without.momentum = at::Tensor();
  // The momentum copy, where there is one, lies over the first elements.
  const int64_t copied = momentum.defined() ? momentum.numel() : 0;
  const at::Tensor& values = with.values;
  const auto update =
      !values.is_cpu()                      ? UpdateByOperators
      : values.scalar_type() == at::kFloat  ? UpdateByKernel<float>
      : values.scalar_type() == at::kDouble ? UpdateByKernel<double>
                                            : UpdateByOperators;
  const auto update_range = [&](int64_t begin, int64_t end) {
    for (const Stretch& stretch : stretches_) {
      const int64_t low = std::max(begin, stretch.begin);
      const int64_t high = std::min(end, stretch.end);
      if (low >= high) continue;
      const int64_t middle = std::clamp(copied, low, high);
      if (low < middle) update(step, stretch.decays, with, low, middle);
      if (middle < high) update(step, stretch.decays, without, middle, high);
    }
  };
  if (values.is_cpu()) {
    ParallelFor(values.numel(), kGrain, update_range);
  } else {
    update_range(0, values.numel());
  }
}

int64_t AdamW::steps() const { return step_.item<int64_t>(); }

NamedTensors AdamW::State() const {
  NamedTensors state = {{"step", step_}};
  for (const FlatSegment& segment : parameters_.segments()) {
    state.push_back(
        {"exp_avg." + segment.name, FlatParameters::View(exp_avg_, segment)});
    state.push_back({"exp_avg_sq." + segment.name,
                     FlatParameters::View(exp_avg_sq_, segment)});
  }
  return state;
}

}  // namespace snclr
