// SPDX-License-Identifier: MIT
// Runs a functor over many places on the GPU (host_device.h).
#ifndef SNCLR_CORE_OPS_DEVICE_LOOP_CUH_
#define SNCLR_CORE_OPS_DEVICE_LOOP_CUH_

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cstdint>

namespace snclr {

template <typename Functor>
__global__ void DeviceLoopKernel(int64_t places, Functor functor) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
       i < places; i += stride) {
    functor(i);
  }
}

// functor(i) once for each i in [0, places), in any order, on the current
// stream; returns before it is done. Throws c10::Error where it cannot start.
template <typename Functor>
void DeviceLoop(int64_t places, const Functor& functor) {
  if (places == 0) return;
  constexpr int kThreads = 256;
  // Enough to fill any GPU; the rest is the loop's.
  constexpr int64_t kMostBlocks = 1 << 16;
  const int64_t blocks =
      std::min((places + kThreads - 1) / kThreads, kMostBlocks);
  DeviceLoopKernel<<<static_cast<unsigned>(blocks), kThreads, 0,
                     c10::cuda::getCurrentCUDAStream()>>>(places, functor);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_DEVICE_LOOP_CUH_
