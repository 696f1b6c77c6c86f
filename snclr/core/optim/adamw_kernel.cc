// SPDX-License-Identifier: MIT
#include "snclr/core/optim/adamw_kernel.h"

#include <cmath>

#include "snclr/core/ops/vector_clones.h"

namespace snclr {
namespace {

template <typename T, bool kWithMomentum>
SNCLR_INLINE void Update(const AdamWStep& step,
                         const AdamWStretch<T>& stretch) {
  const T scale = step.gradient_scale;
  const T keep = stretch.decays ? step.keep : 1;
  const T beta1 = step.beta1, rest1 = 1 - step.beta1;
  const T beta2 = step.beta2, rest2 = 1 - step.beta2;
  const T step_size = step.step_size;
  const T root = step.root;
  const T epsilon = step.epsilon;
  const T ema = step.ema, rest_ema = 1 - step.ema;
  T* __restrict__ values = stretch.values;
  const T* __restrict__ gradients = stretch.gradients;
  T* __restrict__ exp_avg = stretch.exp_avg;
  T* __restrict__ exp_avg_sq = stretch.exp_avg_sq;
  T* __restrict__ momentum = stretch.momentum;
  for (int64_t i = 0; i < stretch.n; ++i) {
    const T g = gradients[i] * scale;
    const T m = exp_avg[i] * beta1 + g * rest1;
    const T v = exp_avg_sq[i] * beta2 + g * g * rest2;
    const T p =
        values[i] * keep - step_size * m / (std::sqrt(v) / root + epsilon);
    exp_avg[i] = m;
    exp_avg_sq[i] = v;
    values[i] = p;
    if (kWithMomentum) momentum[i] = momentum[i] * ema + p * rest_ema;
  }
}

template <typename T>
SNCLR_INLINE void UpdateEither(const AdamWStep& step,
                               const AdamWStretch<T>& stretch) {
  if (stretch.momentum != nullptr) {
    Update<T, true>(step, stretch);
  } else {
    Update<T, false>(step, stretch);
  }
}

SNCLR_VECTOR_CLONES void UpdateFloats(const AdamWStep& step,
                                      const AdamWStretch<float>& stretch) {
  UpdateEither(step, stretch);
}

SNCLR_VECTOR_CLONES void UpdateDoubles(const AdamWStep& step,
                                       const AdamWStretch<double>& stretch) {
  UpdateEither(step, stretch);
}

}  // namespace

void AdamWUpdate(const AdamWStep& step, const AdamWStretch<float>& stretch) {
  UpdateFloats(step, stretch);
}

void AdamWUpdate(const AdamWStep& step, const AdamWStretch<double>& stretch) {
  UpdateDoubles(step, stretch);
}

}  // namespace snclr
