// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPTIM_FIND_NUMBERS_CUDA_H_
#define SNCLR_CORE_OPTIM_FIND_NUMBERS_CUDA_H_

#include "snclr/core/optim/step_numbers.h"

namespace snclr {

// find(0) on the GPU, in whose memory all that it points to lies: on the
// current stream; returns before it is done. Throws c10::Error in a program
// that was built without CUDA.
void FindNumbersOnGpu(const FindNumbers& find);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_FIND_NUMBERS_CUDA_H_
