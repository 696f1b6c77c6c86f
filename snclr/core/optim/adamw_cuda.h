// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPTIM_ADAMW_CUDA_H_
#define SNCLR_CORE_OPTIM_ADAMW_CUDA_H_

#include "snclr/core/optim/adamw_element.h"
#include "snclr/core/optim/adamw_kernel.h"
#include "snclr/core/optim/step_numbers.h"

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

// The same with a step in GPU memory, which MakeAdamWStepOnGpu() puts there: a
// CUDA graph of both is good for every step. Nothing moves where
// numbers->skip is not 0.
void MakeAdamWStepOnGpu(const MakeAdamWStep& make);
void AdamWUpdateOnGpu(const AdamWStep* step, const StepNumbers* numbers,
                      const AdamWStretch<float>& stretch);
void AdamWUpdateOnGpu(const AdamWStep* step, const StepNumbers* numbers,
                      const AdamWStretch<double>& stretch);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_ADAMW_CUDA_H_
