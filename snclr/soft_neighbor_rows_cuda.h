// SPDX-License-Identifier: MIT
#ifndef SNCLR_SOFT_NEIGHBOR_ROWS_CUDA_H_
#define SNCLR_SOFT_NEIGHBOR_ROWS_CUDA_H_

#include <cstdint>

#include "snclr/soft_neighbor_row.h"

namespace snclr {

// All queries' rows, in one kernel on the current stream; returns before it is
// done. Throws c10::Error in a program that was built without CUDA.
void SoftNeighborRowsOnGpu(int64_t queries,
                           const SoftNeighborRows<float>& rows);
void SoftNeighborRowsOnGpu(int64_t queries,
                           const SoftNeighborRows<double>& rows);

}  // namespace snclr

#endif  // SNCLR_SOFT_NEIGHBOR_ROWS_CUDA_H_
