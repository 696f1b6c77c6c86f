// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_NEAREST_ROWS_CUDA_H_
#define SNCLR_CORE_OPS_NEAREST_ROWS_CUDA_H_

#include <cstdint>

#include "snclr/core/ops/nearest_rows.h"

namespace snclr {

// Into how many pieces this thread's current GPU should cut M rows for B
// queries; 0 where the kernel does not fit into its shared memory, and in a
// program that was built without CUDA.
int64_t NearestRowsPieces(int64_t queries, int64_t rows, int row_bytes, int k,
                          bool bfloat16);

// Both kernels on the current stream; returns before they are done. Products of
// float32 elements are float32's, those of bfloat16 the tensor cores', summed
// in float32. Nothing is allocated, nothing waits. Throws c10::Error where it
// cannot start.
void FindNearestRowsOnGpu(const NearestRowsPlan& plan, const MergePieces& merge,
                          bool bfloat16);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_NEAREST_ROWS_CUDA_H_
