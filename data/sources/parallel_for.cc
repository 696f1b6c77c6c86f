// SPDX-License-Identifier: MIT
#include "data/sources/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "snclr/core/base/torch_status.h"

namespace snclr {

absl::Status ParallelFor(int64_t count, int threads,
                         absl::FunctionRef<absl::Status(int64_t)> body) {
  std::atomic<int64_t> next{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  int64_t failed_at = count;  // guarded by mutex
  absl::Status failure;       // guarded by mutex

  const auto work = [&] {
    while (!stop) {
      const int64_t i = next++;
      if (i >= count) return;
      const absl::Status status = CatchTorch([&] { return body(i); });
      if (status.ok()) continue;
      stop = true;
      const std::lock_guard<std::mutex> lock(mutex);
      if (i < failed_at) {
        failed_at = i;
        failure = status;
      }
    }
  };
  std::vector<std::thread> others;
  const int64_t wanted = std::min<int64_t>(threads, count);
  for (int64_t t = 1; t < wanted; ++t) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  return failure;
}

}  // namespace snclr
