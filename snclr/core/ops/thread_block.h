// SPDX-License-Identifier: MIT
// A CUDA thread block as an algorithm sees it: phases that each thread goes
// through, with a barrier after each. On a GPU DeviceBlock runs them; on the
// CPU thread_block_testing.h does, a thread after the other, so that what
// threads do to the memory they share is proved where there is no GPU.
//
//   block.Each([&](int thread, Registers& mine) { ... });
//
// In a phase no thread reads what another writes in it.
#ifndef SNCLR_CORE_OPS_THREAD_BLOCK_H_
#define SNCLR_CORE_OPS_THREAD_BLOCK_H_

#include "snclr/core/ops/host_device.h"

namespace snclr {

constexpr int kBlockThreads = 256;

#if defined(__CUDACC__)
template <typename OwnRegisters>
class DeviceBlock {
 public:
  using Registers = OwnRegisters;

  template <typename Body>
  SNCLR_HOST_DEVICE void Each(const Body& body) {
#if defined(__CUDA_ARCH__)
    body(static_cast<int>(threadIdx.x), registers_);
    __syncthreads();
#endif
  }

 private:
  Registers registers_;
};
#endif

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_THREAD_BLOCK_H_
