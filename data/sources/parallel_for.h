// SPDX-License-Identifier: MIT
// The same thing for many items, on a few threads.
#ifndef DATA_SOURCES_PARALLEL_FOR_H_
#define DATA_SOURCES_PARALLEL_FOR_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace snclr {

// Calls `body(i)` once for every i in [0, count) on up to `threads` threads,
// and returns when all are done. After an error no new items begin; the error
// of the smallest i that failed is returned. What `body` throws becomes a
// status.
absl::Status ParallelFor(int64_t count, int threads,
                         absl::FunctionRef<absl::Status(int64_t)> body);

}  // namespace snclr

#endif  // DATA_SOURCES_PARALLEL_FOR_H_
