// SPDX-License-Identifier: MIT
// The same step as adamw_kernel.h in LibTorch operators, a pass over memory
// each: what the kernels must equal, and what runs for other dtypes.
#ifndef SNCLR_CORE_OPTIM_ADAMW_REFERENCE_H_
#define SNCLR_CORE_OPTIM_ADAMW_REFERENCE_H_

#include <ATen/core/Tensor.h>

#include "snclr/core/optim/adamw_kernel.h"

namespace snclr {

// All of one shape, dtype and device; `momentum` may be undefined. `gradients`
// stays as it is.
struct AdamWTensors {
  at::Tensor values;
  at::Tensor gradients;
  at::Tensor exp_avg;
  at::Tensor exp_avg_sq;
  at::Tensor momentum;
};

void AdamWReferenceUpdate(const AdamWStep& step, bool decays,
                          const AdamWTensors& tensors);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_ADAMW_REFERENCE_H_
