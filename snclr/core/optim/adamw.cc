// SPDX-License-Identifier: MIT
#include "snclr/core/optim/adamw.h"

#include <cmath>

#include "snclr/core/optim/adamw_cuda.h"
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
  if (whole.values.is_cuda()) {
    AdamWUpdateOnGpu(step, stretch);
  } else {
    AdamWUpdate(step, stretch);
  }
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
}

void AdamW::Update(double learning_rate, double gradient_scale,
                   const at::Tensor& copy, double ema) {
  const auto t = static_cast<double>(steps());
  const AdamWStep step = {gradient_scale,
                          1 - learning_rate * options_.weight_decay,
                          options_.beta1,
                          options_.beta2,
                          learning_rate / (1 - std::pow(options_.beta1, t)),
                          std::sqrt(1 - std::pow(options_.beta2, t)),
                          options_.epsilon,
                          ema};
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

}  // namespace snclr
