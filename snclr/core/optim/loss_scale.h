// SPDX-License-Identifier: MIT
// Dynamic loss scaling (Micikevicius et al., "Mixed Precision Training",
// arXiv:1710.03740, Sec. 3.2): gradients in float16 vanish below 6e-8, so the
// loss is multiplied by a factor that keeps them above it, as large as it can
// be without any of them overflowing. For the CPU and a CUDA kernel.
#ifndef SNCLR_CORE_OPTIM_LOSS_SCALE_H_
#define SNCLR_CORE_OPTIM_LOSS_SCALE_H_

#include <cstdint>

#include "snclr/core/ops/host_device.h"

namespace snclr {

// As it lies in a tensor of doubles, which a checkpoint has.
struct LossScale {
  // PyTorch's GradScaler; the largest is apex's.
  static constexpr double kFirst = 65536;
  static constexpr double kMost = 16777216;
  static constexpr int64_t kStepsToGrow = 2000;

  double scale;       // a power of two: multiplying by it rounds nothing
  double good_steps;  // in a row, since the scale changed
  double skipped;     // steps that overflowed, in all
};

// Behind a step whose gradients were all finite, or not: then it is skipped,
// and the next one has half the scale. 2000 good steps in a row double it.
SNCLR_HOST_DEVICE LossScale LossScaleAfter(LossScale state, bool finite) {
  if (!finite) {
    return {state.scale / 2, 0, state.skipped + 1};
  }
  state.good_steps += 1;
  if (state.good_steps < LossScale::kStepsToGrow) return state;
  const double doubled = state.scale * 2;
  return {doubled < LossScale::kMost ? doubled : LossScale::kMost, 0,
          state.skipped};
}

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_LOSS_SCALE_H_
