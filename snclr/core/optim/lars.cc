// SPDX-License-Identifier: MIT
#include "snclr/core/optim/lars.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstddef>

#include "snclr/core/ops/parallel.h"
#include "snclr/core/optim/momentum_kernel.h"
#include "snclr/core/optim/momentum_update.h"
#include "snclr/core/optim/step_numbers.h"

namespace snclr {

LarsOptions LarsOptions::FromSpec(const OptimizerSpec& spec) {
  return {spec.weight_decay(), spec.momentum(), spec.trust_coefficient(),
          spec.clip_trust_ratio()};
}

Lars::Lars(FlatParameters& parameters, const LarsOptions& options)
    : Optimizer(parameters, {"velocity"}), options_(options) {
  constexpr int64_t kGrain = 1 << 15;  // elements summed before anything else
  const auto& segments = parameters.segments();
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].ndim < 2) continue;
    const int64_t end = segments[i].offset + segments[i].size;
    for (int64_t begin = segments[i].offset; begin < end; begin += kGrain) {
      pieces_.push_back(
          {static_cast<int64_t>(i), begin, std::min(begin + kGrain, end)});
    }
  }
}

template <typename Number>
std::vector<MomentumPart> Lars::Parts(const at::Tensor& norms,
                                      const Number& learning_rate) const {
  const at::Tensor values_norm = norms.select(1, 0);
  const at::Tensor update_norm = norms.select(1, 1);
  at::Tensor ratios = values_norm / update_norm * options_.trust_coefficient;
  if (options_.clip_ratio) ratios = (ratios / learning_rate).clamp_max(1);
  ratios = at::where((values_norm > 0).logical_and(update_norm > 0), ratios,
                     at::ones_like(ratios));

  const auto& segments = parameters().segments();
  std::vector<MomentumPart> parts;
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool scaled = segments[i].ndim > 1;
    const int64_t end =
        i + 1 < segments.size() ? segments[i + 1].offset : parameters().size();
    parts.push_back({segments[i].offset, end,
                     scaled ? options_.weight_decay : 0,
                     scaled ? ratios[i] : at::Tensor()});
  }
  return parts;
}

void Lars::Update(const StepNumbers& numbers, const at::Tensor& copy) {
  UpdateWithMomentum(
      {numbers.gradient_scale, options_.momentum, numbers.learning_rate,
       numbers.ema},
      Parts(Norms(numbers.gradient_scale), numbers.learning_rate),
      {parameters().values(), parameters().gradients(), buffer(0), copy});
}

void Lars::UpdateOnGpu(const at::Tensor& numbers, const at::Tensor& copy) {
  const auto number = [&](size_t offset) {
    return numbers.select(0, static_cast<int64_t>(offset / sizeof(double)));
  };
  const at::Tensor scale = number(offsetof(StepNumbers, gradient_scale));
  UpdateWithMomentumOnGpu(
      options_.momentum, numbers,
      Parts(NormsByOperators(scale),
            number(offsetof(StepNumbers, learning_rate))),
      {parameters().values(), parameters().gradients(), buffer(0), copy});
}

at::Tensor Lars::Norms(double gradient_scale) {
  const at::Tensor& values = parameters().values();
  if (values.is_cpu() && values.scalar_type() == at::kFloat) {
    return NormsByKernel<float>(gradient_scale);
  }
  if (values.is_cpu() && values.scalar_type() == at::kDouble) {
    return NormsByKernel<double>(gradient_scale);
  }
  return NormsByOperators(gradient_scale);
}

template <typename T>
at::Tensor Lars::NormsByKernel(double gradient_scale) {
  const T* values = parameters().values().const_data_ptr<T>();
  const T* gradients = parameters().gradients().const_data_ptr<T>();
  std::vector<SquareSums> sums(pieces_.size());
  ParallelFor(static_cast<int64_t>(pieces_.size()), 1,
              [&](int64_t first, int64_t last) {
                for (int64_t i = first; i < last; ++i) {
                  const Piece& piece = pieces_[i];
                  sums[i] =
                      SumSquares(values + piece.begin, gradients + piece.begin,
                                 piece.end - piece.begin, gradient_scale,
                                 options_.weight_decay);
                }
              });
  const auto count = static_cast<int64_t>(parameters().segments().size());
  at::Tensor norms = at::zeros({count, 2}, at::kDouble);
  double* const squares = norms.data_ptr<double>();
  for (size_t i = 0; i < pieces_.size(); ++i) {
    squares[2 * pieces_[i].segment] += sums[i].values;
    squares[2 * pieces_[i].segment + 1] += sums[i].updates;
  }
  return norms.sqrt_();
}

template <typename Number>
at::Tensor Lars::NormsByOperators(const Number& gradient_scale) {
  const at::Tensor& values = parameters().values();
  const auto& segments = parameters().segments();
  at::Tensor norms = at::zeros({static_cast<int64_t>(segments.size()), 2},
                               values.options().dtype(at::kDouble));
  for (size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].ndim < 2) continue;
    const auto part = [&](const at::Tensor& buffer) {
      return buffer.narrow(0, segments[i].offset, segments[i].size);
    };
    const at::Tensor update = part(parameters().gradients())
                                  .mul(gradient_scale)
                                  .add_(part(values), options_.weight_decay);
    norms[i][0].copy_(at::linalg_vector_norm(part(values)));
    norms[i][1].copy_(at::linalg_vector_norm(update));
  }
  return norms;
}

}  // namespace snclr
