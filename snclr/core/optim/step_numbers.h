// SPDX-License-Identifier: MIT
// The numbers of an optimizer's step, where a device finds them that the host
// runs ahead of, or that repeats what a CUDA graph has recorded: in its memory.
// For the CPU and CUDA kernels.
#ifndef SNCLR_CORE_OPTIM_STEP_NUMBERS_H_
#define SNCLR_CORE_OPTIM_STEP_NUMBERS_H_

#include <cstdint>

#include "snclr/core/ops/host_device.h"
#include "snclr/core/optim/loss_scale.h"

namespace snclr {

// As they lie in a tensor of doubles.
struct StepNumbers {
  // What the host tells, in one copy: schedules, and what follows from the
  // number t of this step.
  double learning_rate;
  double ema;          // m of the momentum copy
  double correction1;  // AdamW: 1 - beta1^t; 0 where the device counts steps
  double root2;        // AdamW: sqrt(1 - beta2^t)

  // What the device finds behind the backward pass.
  double gradient_norm;  // of the loss's gradient, before clipping
  double
      gradient_scale;  // by which the gradients that lie there are multiplied
  double skip;         // not 0: the step changes nothing
};

constexpr int64_t kToldNumbers = 4;
constexpr int64_t kStepNumbers = 7;
static_assert(sizeof(StepNumbers) == kStepNumbers * sizeof(double),
              "a tensor of doubles");

// base^n, by as many products on every machine: the same bits.
SNCLR_HOST_DEVICE double WholePower(double base, int64_t n) {
  double power = 1;
  for (; n > 0; n >>= 1) {
    if ((n & 1) != 0) power *= base;
    base *= base;
  }
  return power;
}

// What a gradient is multiplied by so that its norm is at most `most`: min(1,
// most / (norm + 1e-6)), as PyTorch clips; 1 where most is 0.
SNCLR_HOST_DEVICE double ClippingFactor(double norm, double most) {
  if (most == 0) return 1;
  const double factor = most / (norm + 1e-6);
  return factor < 1 ? factor : 1;
}

// The second half of a step's numbers, in one place of a kernel: from the norm
// of the gradients as they lie there, those of the loss times the loss scale.
// A norm that is not finite is that of gradients which are not; a sum of
// squares in double does not overflow.
struct FindNumbers {
  StepNumbers* step;
  const double* norm;
  double most_norm;       // clipping; 0: none
  LossScale* loss_scale;  // null: 1, and no step is skipped
  int64_t* taken;  // counts steps that are not skipped; null: nothing does

  SNCLR_HOST_DEVICE void operator()(int64_t) const {
    const double scale = loss_scale != nullptr ? loss_scale->scale : 1;
    const double unscaled = *norm / scale;
    const bool finite = unscaled - unscaled == 0;
    step->gradient_norm = unscaled;
    step->gradient_scale = ClippingFactor(unscaled, most_norm) / scale;
    step->skip = loss_scale != nullptr && !finite ? 1 : 0;
    if (loss_scale != nullptr)
      *loss_scale = LossScaleAfter(*loss_scale, finite);
    if (taken != nullptr && step->skip == 0) ++*taken;
  }
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_STEP_NUMBERS_H_
