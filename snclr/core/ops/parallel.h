// SPDX-License-Identifier: MIT
// A loop on LibTorch's own threads. (at::parallel_for is a header whose loops
// run on one thread unless the including file is compiled with OpenMP, and an
// OpenMP of our own would be a second set of threads beside LibTorch's.)
#ifndef SNCLR_CORE_OPS_PARALLEL_H_
#define SNCLR_CORE_OPS_PARALLEL_H_

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace snclr {

// Cuts [0, size) into pieces of `grain` (the last may be shorter) and calls
// body(begin, end) once for each, on up to at::get_num_threads() threads;
// returns when all are done. Where pieces begin depends on size and grain
// alone, so what a piece computes is the same for any number of threads. What a
// body throws is thrown here. Inside another parallel loop it runs on the
// calling thread. Starting one costs some microseconds.
void ParallelFor(int64_t size, int64_t grain,
                 c10::function_ref<void(int64_t begin, int64_t end)> body);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_PARALLEL_H_
