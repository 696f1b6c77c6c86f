// SPDX-License-Identifier: MIT
// The part of gpu_kernels_bench.cc that is SNCLR's: the search in the bank, and
// the loss over the candidates.
#ifndef TOOLS_BENCH_NEIGHBOR_KERNELS_BENCH_H_
#define TOOLS_BENCH_NEIGHBOR_KERNELS_BENCH_H_

#include "absl/status/status.h"

namespace snclr {

// Prints a line for each kernel, on the current GPU. Internal where a kernel
// and the operators differ.
absl::Status BenchNeighborKernels();

}  // namespace snclr

#endif  // TOOLS_BENCH_NEIGHBOR_KERNELS_BENCH_H_
