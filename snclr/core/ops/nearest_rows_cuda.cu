// SPDX-License-Identifier: MIT
#include <c10/util/Exception.h>
#include <cuda_bf16.h>
#include <mma.h>

#include <algorithm>

#include "snclr/core/ops/device_loop.cuh"
#include "snclr/core/ops/nearest_rows_cuda.h"
#include "snclr/core/ops/shared_memory.cuh"

namespace snclr {
namespace {

// Products of bfloat16 numbers by the tensor cores, as FloatProducts in what it
// is called with. A warp makes 16 x 32 of the tile's products: warp w for the
// w % 4-th 16 queries and the w / 4-th 32 rows.
struct TensorCoreProducts {
  static constexpr int kSide = 16;
  using Queries =
      nvcuda::wmma::fragment<nvcuda::wmma::matrix_a, kSide, kSide, kSide,
                             __nv_bfloat16, nvcuda::wmma::row_major>;
  using Rows =
      nvcuda::wmma::fragment<nvcuda::wmma::matrix_b, kSide, kSide, kSide,
                             __nv_bfloat16, nvcuda::wmma::col_major>;
  using Sums = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, kSide, kSide,
                                      kSide, float>;
  struct Registers {
    Sums sums[2];
  };

  SNCLR_HOST_DEVICE static void Clear(Registers& mine) {
#if defined(__CUDA_ARCH__)
    for (Sums& sum : mine.sums) nvcuda::wmma::fill_fragment(sum, 0.0f);
#endif
  }

  SNCLR_HOST_DEVICE static void Add(int thread, const unsigned char* queries,
                                    int stride, const unsigned char* chunk,
                                    Registers& mine) {
#if defined(__CUDA_ARCH__)
    const int row = thread / 32 % 4 * kSide, column = thread / 128 * 2 * kSide;
    const auto* const a = reinterpret_cast<const __nv_bfloat16*>(queries);
    const auto* const b = reinterpret_cast<const __nv_bfloat16*>(chunk);
    const int a_stride = stride / 2;
    constexpr int kStride = kChunkStrideBytes / 2;
#pragma unroll
    for (int k = 0; k < kChunkBytes / 2; k += kSide) {
      Queries query;
      nvcuda::wmma::load_matrix_sync(query, a + row * a_stride + k, a_stride);
      for (int i = 0; i < 2; ++i) {
        Rows rows;
        nvcuda::wmma::load_matrix_sync(
            rows, b + (column + i * kSide) * kStride + k, kStride);
        nvcuda::wmma::mma_sync(mine.sums[i], query, rows, mine.sums[i]);
      }
    }
#endif
  }

  SNCLR_HOST_DEVICE static void Put(int thread, const Registers& mine,
                                    float* tile) {
#if defined(__CUDA_ARCH__)
    const int row = thread / 32 % 4 * kSide, column = thread / 128 * 2 * kSide;
    for (int i = 0; i < 2; ++i) {
      nvcuda::wmma::store_matrix_sync(
          tile + row * kTileStride + column + i * kSide, mine.sums[i],
          kTileStride, nvcuda::wmma::mem_row_major);
    }
#endif
  }
};

template <typename Products>
__global__ void __launch_bounds__(kBlockThreads, 2)
    FindNearestKernel(NearestRowsPlan plan) {
  extern __shared__ __align__(128) unsigned char shared[];
  DeviceBlock<NearestRowsRegisters<Products>> block;
  FindNearestOfPiece<Products>(plan, blockIdx.x, blockIdx.y, shared, block);
}

auto KernelOf(bool bfloat16) {
  return bfloat16 ? &FindNearestKernel<TensorCoreProducts>
                  : &FindNearestKernel<FloatProducts>;
}

}  // namespace

int64_t NearestRowsPieces(int64_t queries, int64_t rows, int row_bytes, int k,
                          bool bfloat16) {
  const int64_t blocks =
      BlocksOnGpu(KernelOf(bfloat16), NearestRowsShared::Bytes(row_bytes, k));
  const int64_t query_tiles = (queries + kTile - 1) / kTile;
  const int64_t row_tiles = (rows + kTile - 1) / kTile;
  // A piece of less than 8 tiles would spend its time on its first ones, of
  // which nearly all rows are kept; of more than 64 the merge grows.
  const int64_t most =
      std::min<int64_t>(std::max<int64_t>(row_tiles / 8, 1), 64);
  return blocks == 0 ? 0 : std::clamp<int64_t>(blocks / query_tiles, 1, most);
}

void FindNearestRowsOnGpu(const NearestRowsPlan& plan, const MergePieces& merge,
                          bool bfloat16) {
  const int64_t bytes = NearestRowsShared::Bytes(plan.row_bytes, plan.k);
  TORCH_CHECK(plan.k <= kMostNearest && BlocksOnGpu(KernelOf(bfloat16), bytes),
              "the nearest ", plan.k, " rows of ", plan.row_bytes,
              " bytes do not fit into this GPU's shared memory");
  const dim3 grid(
      static_cast<unsigned>((plan.queries.rows + kTile - 1) / kTile),
      static_cast<unsigned>(plan.pieces));
  KernelOf(bfloat16)<<<grid, kBlockThreads, static_cast<size_t>(bytes),
                       c10::cuda::getCurrentCUDAStream()>>>(plan);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  DeviceLoop(merge.queries * merge.pieces * merge.k, merge);
}

}  // namespace snclr
