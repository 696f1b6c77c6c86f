// SPDX-License-Identifier: MIT
// Launches kernels whose blocks want much shared memory.
#ifndef SNCLR_CORE_OPS_SHARED_MEMORY_CUH_
#define SNCLR_CORE_OPS_SHARED_MEMORY_CUH_

#include <c10/cuda/CUDAException.h>
#include <cuda_runtime_api.h>

#include <cstdint>

#include "snclr/core/ops/thread_block.h"

namespace snclr {

// How many blocks of kBlockThreads threads and `bytes` of shared memory the
// current GPU holds at a time; 0 where none fits. Lets the kernel have them.
template <typename Kernel>
int64_t BlocksOnGpu(Kernel* kernel, int64_t bytes) {
  int device = 0, most = 0, processors = 0, each = 0;
  C10_CUDA_CHECK(cudaGetDevice(&device));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(
      &most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  if (bytes > most) return 0;
  C10_CUDA_CHECK(cudaFuncSetAttribute(
      reinterpret_cast<const void*>(kernel),
      cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)));
  C10_CUDA_CHECK(cudaDeviceGetAttribute(
      &processors, cudaDevAttrMultiProcessorCount, device));
  C10_CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(
      &each, reinterpret_cast<const void*>(kernel), kBlockThreads,
      static_cast<size_t>(bytes)));
  return int64_t{each} * processors;
}

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_SHARED_MEMORY_CUH_
