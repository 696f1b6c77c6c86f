// SPDX-License-Identifier: MIT
#include "snclr/core/optim/adamw_reference.h"

#include <ATen/core/grad_mode.h>

namespace snclr {

void AdamWReferenceUpdate(const AdamWStep& step, bool decays,
                          const AdamWTensors& tensors) {
  const at::NoGradGuard no_grad;
  const at::Tensor gradients = tensors.gradients.mul(step.gradient_scale);
  if (decays) tensors.values.mul_(step.keep);
  tensors.exp_avg.mul_(step.beta1).add_(gradients, 1 - step.beta1);
  tensors.exp_avg_sq.mul_(step.beta2)
      .addcmul_(gradients, gradients, 1 - step.beta2);
  const at::Tensor denominator =
      tensors.exp_avg_sq.sqrt().div_(step.root).add_(step.epsilon);
  tensors.values.addcdiv_(tensors.exp_avg, denominator, -step.step_size);
  if (tensors.momentum.defined()) {
    tensors.momentum.mul_(step.ema).add_(tensors.values, 1 - step.ema);
  }
}

}  // namespace snclr
