// SPDX-License-Identifier: MIT
// The arithmetic of one AdamW step (adamw.h), over stretches of plain memory.
#ifndef SNCLR_CORE_OPTIM_ADAMW_KERNEL_H_
#define SNCLR_CORE_OPTIM_ADAMW_KERNEL_H_

#include <cstdint>

namespace snclr {

// A step's numbers, the same for every element. Computed in double, used in the
// parameters' type.
struct AdamWStep {
  double gradient_scale;
  double keep;  // 1 - lr wd; what decays is multiplied by it
  double beta1;
  double beta2;
  double step_size;  // lr / (1 - beta1^t)
  double root;       // sqrt(1 - beta2^t)
  double epsilon;
  double ema;  // m of the momentum copy
};
constexpr int64_t kAdamWStepDoubles = 8;
static_assert(sizeof(AdamWStep) == kAdamWStepDoubles * sizeof(double),
              "a tensor of doubles");

// Where a stretch of n elements lies.
template <typename T>
struct AdamWStretch {
  int64_t n;
  bool decays;
  T* values;
  const T* gradients;
  T* exp_avg;
  T* exp_avg_sq;
  T* momentum;  // null: no copy moves
};

void AdamWUpdate(const AdamWStep& step, const AdamWStretch<float>& stretch);
void AdamWUpdate(const AdamWStep& step, const AdamWStretch<double>& stretch);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_ADAMW_KERNEL_H_
