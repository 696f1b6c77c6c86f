// SPDX-License-Identifier: MIT
// One element's AdamW step (adamw.h), for the CPU's kernel and the GPU's.
#ifndef SNCLR_CORE_OPTIM_ADAMW_ELEMENT_H_
#define SNCLR_CORE_OPTIM_ADAMW_ELEMENT_H_

#include <cmath>
#include <cstdint>

#include "snclr/core/ops/host_device.h"
#include "snclr/core/optim/adamw_kernel.h"
#include "snclr/core/optim/step_numbers.h"

namespace snclr {

// What stays the same over a run (adamw.h).
struct AdamWConstants {
  double weight_decay;
  double beta1;
  double beta2;
  double epsilon;
};

// `taken`: t, the number of this step, where the device counts; else null.
SNCLR_HOST_DEVICE AdamWStep AdamWStepOf(const AdamWConstants& constants,
                                        const StepNumbers& numbers,
                                        const int64_t* taken) {
  const bool told = taken == nullptr;
  const double correction1 =
      told ? numbers.correction1 : 1 - WholePower(constants.beta1, *taken);
  const double root2 =
      told ? numbers.root2 : std::sqrt(1 - WholePower(constants.beta2, *taken));
  return {numbers.gradient_scale,
          1 - numbers.learning_rate * constants.weight_decay,
          constants.beta1,
          constants.beta2,
          numbers.learning_rate / correction1,
          root2,
          constants.epsilon,
          numbers.ema};
}

// The same on the device, in one place of a kernel.
struct MakeAdamWStep {
  AdamWConstants constants;
  const StepNumbers* numbers;
  const int64_t* taken;
  AdamWStep* step;

  SNCLR_HOST_DEVICE void operator()(int64_t) const {
    *step = AdamWStepOf(constants, *numbers, taken);
  }
};

// A step's numbers in the parameters' type.
template <typename T>
struct AdamWNumbers {
  SNCLR_HOST_DEVICE AdamWNumbers(const AdamWStep& step, bool decays)
      : scale(step.gradient_scale),
        keep(decays ? step.keep : 1),
        beta1(step.beta1),
        rest1(1 - step.beta1),
        beta2(step.beta2),
        rest2(1 - step.beta2),
        step_size(step.step_size),
        root(step.root),
        epsilon(step.epsilon),
        ema(step.ema),
        rest_ema(1 - step.ema) {}

  T scale, keep, beta1, rest1, beta2, rest2, step_size, root, epsilon, ema,
      rest_ema;
};

// Moves one parameter and its moments.
template <typename T>
SNCLR_HOST_DEVICE void AdamWElement(const AdamWNumbers<T>& step, T gradient,
                                    T& value, T& exp_avg, T& exp_avg_sq) {
  const T g = gradient * step.scale;
  const T m = exp_avg * step.beta1 + g * step.rest1;
  const T v = exp_avg_sq * step.beta2 + g * g * step.rest2;
  value = value * step.keep -
          step.step_size * m / (std::sqrt(v) / step.root + step.epsilon);
  exp_avg = m;
  exp_avg_sq = v;
}

// Sixteen bytes of a stretch at once: what a GPU's thread loads best. A stretch
// that lies in flat parameters is whole packs, as its segments are.
template <typename T>
struct AdamWPacks {
  static constexpr int kElements = 16 / sizeof(T);
  struct alignas(16) Pack {
    T of[kElements];
  };

  SNCLR_HOST_DEVICE static Pack Load(const T* from, int64_t i) {
    return reinterpret_cast<const Pack*>(from)[i];
  }
  SNCLR_HOST_DEVICE static void Store(const Pack& pack, T* to, int64_t i) {
    reinterpret_cast<Pack*>(to)[i] = pack;
  }

  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    const Pack gradient = Load(stretch.gradients, i);
    Pack value = Load(stretch.values, i);
    Pack exp_avg = Load(stretch.exp_avg, i);
    Pack exp_avg_sq = Load(stretch.exp_avg_sq, i);
    for (int e = 0; e < kElements; ++e) {
      AdamWElement(step, gradient.of[e], value.of[e], exp_avg.of[e],
                   exp_avg_sq.of[e]);
    }
    Store(value, stretch.values, i);
    Store(exp_avg, stretch.exp_avg, i);
    Store(exp_avg_sq, stretch.exp_avg_sq, i);
    if (stretch.momentum == nullptr) return;
    Pack momentum = Load(stretch.momentum, i);
    for (int e = 0; e < kElements; ++e) {
      momentum.of[e] = momentum.of[e] * step.ema + value.of[e] * step.rest_ema;
    }
    Store(momentum, stretch.momentum, i);
  }

  AdamWNumbers<T> step;
  AdamWStretch<T> stretch;
};

// The same with a step that lies on the device; nothing where it is skipped.
template <typename T>
struct AdamWPacksOf {
  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    if (numbers->skip != 0) return;
    AdamWPacks<T>{AdamWNumbers<T>(*step, stretch.decays), stretch}(i);
  }

  const AdamWStep* step;
  const StepNumbers* numbers;
  AdamWStretch<T> stretch;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_ADAMW_ELEMENT_H_
