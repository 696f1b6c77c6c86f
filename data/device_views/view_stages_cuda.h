// SPDX-License-Identifier: MIT
#ifndef DATA_DEVICE_VIEWS_VIEW_STAGES_CUDA_H_
#define DATA_DEVICE_VIEWS_VIEW_STAGES_CUDA_H_

#include <c10/util/BFloat16.h>

#include "data/device_views/view_stages.h"

namespace snclr {

// RunViewStages on the GPU, on the current stream; returns before they are
// done. Throws c10::Error, always in a program that was built without CUDA.
void RunViewStagesOnGpu(const ViewArrays& at, bool any_contrast, bool any_blur,
                        float* out);
void RunViewStagesOnGpu(const ViewArrays& at, bool any_contrast, bool any_blur,
                        c10::BFloat16* out);

}  // namespace snclr

#endif  // DATA_DEVICE_VIEWS_VIEW_STAGES_CUDA_H_
