// SPDX-License-Identifier: MIT
// Builds with CUDA alone; no_gpu_facts.cc is the other half.
#include "snclr/core/base/gpu_facts.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>

namespace snclr {

bool BuiltForGpus() { return true; }

bool GpuHasBfloat16() {
  int major = 0;
  C10_CUDA_CHECK(cudaDeviceGetAttribute(
      &major, cudaDevAttrComputeCapabilityMajor, c10::cuda::current_device()));
  return major >= 8;
}

std::string GpuName() {
  cudaDeviceProp properties;
  C10_CUDA_CHECK(
      cudaGetDeviceProperties(&properties, c10::cuda::current_device()));
  return properties.name;
}

GpuMemory GpuMemoryNow() {
  // The first of an allocator's statistics is over pools of all sizes.
  const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(
      c10::cuda::current_device());
  size_t free = 0, total = 0;
  C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  return {stats.allocated_bytes[0].current, stats.allocated_bytes[0].peak,
          static_cast<int64_t>(total)};
}

}  // namespace snclr
