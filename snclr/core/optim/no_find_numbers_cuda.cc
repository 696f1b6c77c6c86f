// SPDX-License-Identifier: MIT
// The half of find_numbers_cuda.h for builds without CUDA.
#include <c10/util/Exception.h>

#include "snclr/core/optim/find_numbers_cuda.h"

namespace snclr {

void FindNumbersOnGpu(const FindNumbers&) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

}  // namespace snclr
