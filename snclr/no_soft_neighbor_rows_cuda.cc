// SPDX-License-Identifier: MIT
// The half of soft_neighbor_rows_cuda.h for builds without CUDA.
#include <c10/util/Exception.h>

#include "snclr/soft_neighbor_rows_cuda.h"

namespace snclr {

void SoftNeighborRowsOnGpu(int64_t, const SoftNeighborRows<float>&) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

void SoftNeighborRowsOnGpu(int64_t, const SoftNeighborRows<double>&) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

}  // namespace snclr
