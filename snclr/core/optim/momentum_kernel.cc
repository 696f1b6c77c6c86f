// SPDX-License-Identifier: MIT
#include "snclr/core/optim/momentum_kernel.h"

#include "snclr/core/ops/vector_clones.h"
#include "snclr/core/optim/momentum_element.h"

namespace snclr {
namespace {

constexpr int kLanes = 16;  // sums side by side, in a fixed order

template <typename T, bool kWithCopy>
SNCLR_INLINE void Update(const MomentumStep& step,
                         const MomentumStretch<T>& stretch) {
  const MomentumNumbers<T> numbers(step, stretch.weight_decay, stretch.ratio);
  T* __restrict__ values = stretch.values;
  const T* __restrict__ gradients = stretch.gradients;
  T* __restrict__ velocity = stretch.velocity;
  T* __restrict__ copy = stretch.copy;
  for (int64_t i = 0; i < stretch.n; ++i) {
    MomentumElement(numbers, gradients[i], values[i], velocity[i]);
    if (kWithCopy) {
      copy[i] = copy[i] * numbers.ema + values[i] * numbers.rest_ema;
    }
  }
}

template <typename T>
SNCLR_INLINE void UpdateEither(const MomentumStep& step,
                               const MomentumStretch<T>& stretch) {
  if (stretch.copy != nullptr) {
    Update<T, true>(step, stretch);
  } else {
    Update<T, false>(step, stretch);
  }
}

SNCLR_VECTOR_CLONES void UpdateFloats(const MomentumStep& step,
                                      const MomentumStretch<float>& stretch) {
  UpdateEither(step, stretch);
}

SNCLR_VECTOR_CLONES void UpdateDoubles(const MomentumStep& step,
                                       const MomentumStretch<double>& stretch) {
  UpdateEither(step, stretch);
}

template <typename T>
SNCLR_INLINE void Sum(const T* values, const T* gradients, int64_t n, T scale,
                      T decay, SquareSums* sums) {
  double value_lanes[kLanes] = {}, update_lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const T value = values[i + lane];
      const T update = gradients[i + lane] * scale + value * decay;
      value_lanes[lane] += static_cast<double>(value) * value;
      update_lanes[lane] += static_cast<double>(update) * update;
    }
  }
  for (; i < n; ++i) {
    const T update = gradients[i] * scale + values[i] * decay;
    value_lanes[0] += static_cast<double>(values[i]) * values[i];
    update_lanes[0] += static_cast<double>(update) * update;
  }
  for (int lane = 0; lane < kLanes; ++lane) {
    sums->values += value_lanes[lane];
    sums->updates += update_lanes[lane];
  }
}

SNCLR_VECTOR_CLONES void SumFloats(const float* values, const float* gradients,
                                   int64_t n, double scale, double decay,
                                   SquareSums* sums) {
  Sum<float>(values, gradients, n, scale, decay, sums);
}

SNCLR_VECTOR_CLONES void SumDoubles(const double* values,
                                    const double* gradients, int64_t n,
                                    double scale, double decay,
                                    SquareSums* sums) {
  Sum<double>(values, gradients, n, scale, decay, sums);
}

}  // namespace

void MomentumUpdate(const MomentumStep& step,
                    const MomentumStretch<float>& stretch) {
  UpdateFloats(step, stretch);
}

void MomentumUpdate(const MomentumStep& step,
                    const MomentumStretch<double>& stretch) {
  UpdateDoubles(step, stretch);
}

SquareSums SumSquares(const float* values, const float* gradients, int64_t n,
                      double gradient_scale, double weight_decay) {
  SquareSums sums;
  SumFloats(values, gradients, n, gradient_scale, weight_decay, &sums);
  return sums;
}

SquareSums SumSquares(const double* values, const double* gradients, int64_t n,
                      double gradient_scale, double weight_decay) {
  SquareSums sums;
  SumDoubles(values, gradients, n, gradient_scale, weight_decay, &sums);
  return sums;
}

}  // namespace snclr
