// SPDX-License-Identifier: MIT
#include "snclr/core/optim/adamw_kernel.h"

#include "snclr/core/ops/vector_clones.h"
#include "snclr/core/optim/adamw_element.h"

namespace snclr {
namespace {

template <typename T, bool kWithMomentum>
SNCLR_INLINE void Update(const AdamWStep& step,
                         const AdamWStretch<T>& stretch) {
  const AdamWNumbers<T> numbers(step, stretch.decays);
  T* __restrict__ values = stretch.values;
  const T* __restrict__ gradients = stretch.gradients;
  T* __restrict__ exp_avg = stretch.exp_avg;
  T* __restrict__ exp_avg_sq = stretch.exp_avg_sq;
  T* __restrict__ momentum = stretch.momentum;
  for (int64_t i = 0; i < stretch.n; ++i) {
    AdamWElement(numbers, gradients[i], values[i], exp_avg[i], exp_avg_sq[i]);
    if (kWithMomentum) {
      momentum[i] = momentum[i] * numbers.ema + values[i] * numbers.rest_ema;
    }
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
