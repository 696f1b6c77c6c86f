// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_LOG_SUM_EXP_CUDA_H_
#define SNCLR_CORE_OPS_LOG_SUM_EXP_CUDA_H_

#include <cstdint>

#include "snclr/core/ops/log_sum_exp_tiles.h"

namespace snclr {

// Into how many pieces this thread's current GPU should cut N columns for B
// queries; 0 where the kernel does not fit into its shared memory, and in a
// program that was built without CUDA.
int64_t LogSumExpPieces(int64_t queries, int64_t columns, int row_bytes,
                        bool with_mean);

// Both kernels on the current stream; returns before they are done. Nothing is
// allocated, nothing waits. Throws c10::Error where it cannot start.
void LogSumExpOnGpu(const LogSumExpPlan& plan, const MergeSums& merge);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_LOG_SUM_EXP_CUDA_H_
