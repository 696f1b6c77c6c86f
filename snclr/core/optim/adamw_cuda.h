// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPTIM_ADAMW_CUDA_H_
#define SNCLR_CORE_OPTIM_ADAMW_CUDA_H_

#include "snclr/core/optim/adamw_kernel.h"

namespace snclr {

// AdamWUpdate over GPU memory, with the same bits as the CPU's: one kernel on
// the current stream, which reads and writes each buffer once; returns before
// it is done. The stretch begins at a multiple of 16 bytes and is whole ones.
// Throws c10::Error where it is not, or in a program that was built without
// CUDA.
void AdamWUpdateOnGpu(const AdamWStep& step,
                      const AdamWStretch<float>& stretch);
void AdamWUpdateOnGpu(const AdamWStep& step,
                      const AdamWStretch<double>& stretch);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_ADAMW_CUDA_H_
