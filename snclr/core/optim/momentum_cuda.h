// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPTIM_MOMENTUM_CUDA_H_
#define SNCLR_CORE_OPTIM_MOMENTUM_CUDA_H_

#include "snclr/core/optim/momentum_element.h"

namespace snclr {

// MomentumUpdate over GPU memory, with the same bits as the CPU's: one kernel
// on the current stream; returns before it is done. Throws c10::Error where it
// cannot start, or in a program that was built without CUDA.
void MomentumUpdateOnGpu(const MomentumPlaces<float>& places);
void MomentumUpdateOnGpu(const MomentumPlaces<double>& places);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_MOMENTUM_CUDA_H_
