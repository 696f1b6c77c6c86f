// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPTIM_GRADIENT_NORM_H_
#define SNCLR_CORE_OPTIM_GRADIENT_NORM_H_

#include "snclr/core/optim/flat_parameters.h"

namespace snclr {

// The L2 norm of all gradients together, summed in double. On the CPU the same
// bits for any number of threads. Waits for the device.
double GradientNorm(const FlatParameters& parameters);

// The same as a tensor [], double, on the parameters' device: waits for
// nothing.
at::Tensor LateGradientNorm(const FlatParameters& parameters);

// What gradients are multiplied by so that their norm is at most `max_norm`:
// min(1, max_norm / (norm + 1e-6)), as PyTorch clips; 1 where max_norm is 0.
double ClipScale(double norm, double max_norm);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_GRADIENT_NORM_H_
