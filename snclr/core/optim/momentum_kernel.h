// SPDX-License-Identifier: MIT
// The arithmetic of one step of gradient descent with momentum, over stretches
// of plain memory: what SGD and LARS share.
#ifndef SNCLR_CORE_OPTIM_MOMENTUM_KERNEL_H_
#define SNCLR_CORE_OPTIM_MOMENTUM_KERNEL_H_

#include <cstdint>

namespace snclr {

// A step's numbers, the same for every element. Computed in double, used in the
// parameters' type.
struct MomentumStep {
  double gradient_scale;
  double momentum;
  double learning_rate;
  double ema;  // m of the momentum encoder's copy
};

// Where a stretch of n elements lies, and what holds for all of them.
template <typename T>
struct MomentumStretch {
  int64_t n;
  double weight_decay;
  double ratio;
  T* values;
  const T* gradients;
  T* velocity;
  T* copy;  // null: no copy moves
};

//   u = ratio (gradient_scale gradient + weight_decay value)
//   velocity = momentum velocity + u
//   value -= learning_rate velocity
//   copy = ema copy + (1 - ema) value
void MomentumUpdate(const MomentumStep& step,
                    const MomentumStretch<float>& stretch);
void MomentumUpdate(const MomentumStep& step,
                    const MomentumStretch<double>& stretch);

// Sums of squares, in double and in a fixed order, of n values and of what
// moves them, gradient_scale gradient + weight_decay value.
struct SquareSums {
  double values = 0;
  double updates = 0;
};
SquareSums SumSquares(const float* values, const float* gradients, int64_t n,
                      double gradient_scale, double weight_decay);
SquareSums SumSquares(const double* values, const double* gradients, int64_t n,
                      double gradient_scale, double weight_decay);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_MOMENTUM_KERNEL_H_
