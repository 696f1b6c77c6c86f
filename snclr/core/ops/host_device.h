// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_HOST_DEVICE_H_
#define SNCLR_CORE_OPS_HOST_DEVICE_H_

// Before a function that the CPU and a CUDA kernel share. A kernel of ours is a
// functor whose operator()(int64_t i) does the work of its i-th place, indexing
// and all; device_loop.cuh runs it over all places on a GPU, and tests run the
// same functor in a loop on the CPU, so that what a GPU computes is proved
// where there is none.
#if defined(__CUDACC__)
#define SNCLR_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define SNCLR_HOST_DEVICE inline __attribute__((always_inline))
#endif

#endif  // SNCLR_CORE_OPS_HOST_DEVICE_H_
