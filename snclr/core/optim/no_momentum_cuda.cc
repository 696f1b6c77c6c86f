// SPDX-License-Identifier: MIT
// The half of momentum_cuda.h for builds without CUDA.
#include <c10/util/Exception.h>

#include "snclr/core/optim/momentum_cuda.h"

namespace snclr {

void MomentumUpdateOnGpu(const MomentumPlaces<float>&) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

void MomentumUpdateOnGpu(const MomentumPlaces<double>&) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

}  // namespace snclr
