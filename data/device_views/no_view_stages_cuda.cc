// SPDX-License-Identifier: MIT
// The half of view_stages_cuda.h for builds without CUDA.
#include <c10/util/Exception.h>

#include "data/device_views/view_stages_cuda.h"

namespace snclr {

void RunViewStagesOnGpu(const ViewArrays&, bool, bool, float*) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

void RunViewStagesOnGpu(const ViewArrays&, bool, bool, c10::BFloat16*) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

}  // namespace snclr
