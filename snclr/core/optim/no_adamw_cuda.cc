// SPDX-License-Identifier: MIT
// The half of adamw_cuda.h for builds without CUDA.
#include <c10/util/Exception.h>

#include "snclr/core/optim/adamw_cuda.h"

namespace snclr {

void AdamWUpdateOnGpu(const AdamWStep&, const AdamWStretch<float>&) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

void AdamWUpdateOnGpu(const AdamWStep&, const AdamWStretch<double>&) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

}  // namespace snclr
