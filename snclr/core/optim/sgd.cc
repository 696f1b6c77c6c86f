// SPDX-License-Identifier: MIT
#include "snclr/core/optim/sgd.h"

namespace snclr {

SgdOptions SgdOptions::FromSpec(const OptimizerSpec& spec) {
  return {spec.weight_decay(), spec.decay_all(), spec.momentum()};
}

Sgd::Sgd(FlatParameters& parameters, const SgdOptions& options)
    : Optimizer(parameters, {"velocity"}), options_(options) {
  for (const FlatSegment& segment : parameters.segments()) {
    const double decay =
        options.decay_all || segment.ndim > 1 ? options.weight_decay : 0;
    if (parts_.empty() || parts_.back().weight_decay != decay) {
      if (!parts_.empty()) parts_.back().end = segment.offset;
      parts_.push_back({segment.offset, 0, decay, {}});
    }
  }
  parts_.back().end = parameters.size();
}

void Sgd::Update(const StepNumbers& numbers, const at::Tensor& copy) {
  UpdateWithMomentum(
      {numbers.gradient_scale, options_.momentum, numbers.learning_rate,
       numbers.ema},
      parts_,
      {parameters().values(), parameters().gradients(), buffer(0), copy});
}

void Sgd::UpdateOnGpu(const at::Tensor& numbers, const at::Tensor& copy) {
  UpdateWithMomentumOnGpu(
      options_.momentum, numbers, parts_,
      {parameters().values(), parameters().gradients(), buffer(0), copy});
}

}  // namespace snclr
