// SPDX-License-Identifier: MIT
#include <c10/util/Exception.h>

#include <algorithm>

#include "snclr/core/ops/device_loop.cuh"
#include "snclr/core/ops/log_sum_exp_cuda.h"
#include "snclr/core/ops/shared_memory.cuh"

namespace snclr {
namespace {

__global__ void __launch_bounds__(kBlockThreads)
    SumPieceKernel(LogSumExpPlan plan) {
  extern __shared__ __align__(128) unsigned char shared[];
  DeviceBlock<LogSumExpRegisters> block;
  SumPiece(plan, blockIdx.x, blockIdx.y, shared, block);
}

}  // namespace

int64_t LogSumExpPieces(int64_t queries, int64_t columns, int row_bytes,
                        bool with_mean) {
  const int64_t blocks =
      BlocksOnGpu(SumPieceKernel, LogSumExpShared::Bytes(row_bytes, with_mean));
  const int64_t query_tiles = (queries + kTile - 1) / kTile;
  const int64_t column_tiles = (columns + kTile - 1) / kTile;
  // Each piece leaves [B, D] numbers to be merged.
  const int64_t most = std::min<int64_t>(column_tiles, 64);
  return blocks == 0 ? 0 : std::clamp<int64_t>(blocks / query_tiles, 1, most);
}

void LogSumExpOnGpu(const LogSumExpPlan& plan, const MergeSums& merge) {
  const int64_t bytes = LogSumExpShared::Bytes(plan.row_bytes, plan.with_mean);
  TORCH_CHECK(BlocksOnGpu(SumPieceKernel, bytes) > 0, "queries of ",
              plan.row_bytes,
              " bytes do not fit into this GPU's shared memory");
  const dim3 grid(
      static_cast<unsigned>((plan.queries.rows + kTile - 1) / kTile),
      static_cast<unsigned>(plan.pieces));
  SumPieceKernel<<<grid, kBlockThreads, static_cast<size_t>(bytes),
                   c10::cuda::getCurrentCUDAStream()>>>(plan);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  DeviceLoop(merge.queries * merge.width, merge);
}

}  // namespace snclr
