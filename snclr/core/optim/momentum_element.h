// SPDX-License-Identifier: MIT
// One element's step of gradient descent with momentum (momentum_kernel.h), for
// the CPU's kernel and the GPU's.
#ifndef SNCLR_CORE_OPTIM_MOMENTUM_ELEMENT_H_
#define SNCLR_CORE_OPTIM_MOMENTUM_ELEMENT_H_

#include <cstdint>

#include "snclr/core/ops/host_device.h"
#include "snclr/core/optim/momentum_kernel.h"
#include "snclr/core/optim/step_numbers.h"

namespace snclr {

// A step's numbers in the parameters' type.
template <typename T>
struct MomentumNumbers {
  SNCLR_HOST_DEVICE MomentumNumbers(const MomentumStep& step,
                                    double weight_decay, double ratio)
      : scale(step.gradient_scale),
        decay(weight_decay),
        ratio(ratio),
        keep(step.momentum),
        rate(step.learning_rate),
        ema(step.ema),
        rest_ema(1 - step.ema) {}

  T scale, decay, ratio, keep, rate, ema, rest_ema;
};

// Moves one parameter and its velocity.
template <typename T>
SNCLR_HOST_DEVICE void MomentumElement(const MomentumNumbers<T>& step,
                                       T gradient, T& value, T& velocity) {
  const T u = (gradient * step.scale + value * step.decay) * step.ratio;
  const T v = velocity * step.keep + u;
  value = value - step.rate * v;
  velocity = v;
}

// The same at each place of a stretch, with numbers and ratio that lie on the
// device; nothing where the step is skipped.
template <typename T>
struct MomentumPlaces {
  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    if (numbers->skip != 0) return;
    const MomentumNumbers<T> step({numbers->gradient_scale, momentum,
                                   numbers->learning_rate, numbers->ema},
                                  stretch.weight_decay,
                                  ratio != nullptr ? *ratio : stretch.ratio);
    MomentumElement(step, stretch.gradients[i], stretch.values[i],
                    stretch.velocity[i]);
    if (stretch.copy == nullptr) return;
    stretch.copy[i] =
        stretch.copy[i] * step.ema + stretch.values[i] * step.rest_ema;
  }

  const StepNumbers* numbers;
  double momentum;
  const double* ratio;  // null: the stretch's
  MomentumStretch<T> stretch;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_MOMENTUM_ELEMENT_H_
