// SPDX-License-Identifier: MIT
#include "snclr/core/ops/parallel.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace snclr {
namespace {

TEST(ParallelForTest, CoversEveryIndexOnceInPiecesOfTheGrain) {
  std::vector<std::atomic<int>> visits(1003);
  std::atomic<int> wrong_pieces{0};
  ParallelFor(1003, 100, [&](int64_t begin, int64_t end) {
    if (begin % 100 != 0 || end != std::min<int64_t>(begin + 100, 1003)) {
      ++wrong_pieces;
    }
    for (int64_t i = begin; i < end; ++i) ++visits[i];
  });
  EXPECT_EQ(wrong_pieces, 0);
  for (const auto& visit : visits) EXPECT_EQ(visit, 1);
}

TEST(ParallelForTest, UsesLibTorchsThreads) {
  at::set_num_threads(2);
  // Each of two pieces waits for the other, so one thread alone would not end.
  std::atomic<int> arrived{0};
  std::atomic<bool> together{true};
  ParallelFor(2, 1, [&](int64_t, int64_t) {
    ++arrived;
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (arrived < 2) {
      if (std::chrono::steady_clock::now() > deadline) {
        together = false;
        break;
      }
      std::this_thread::yield();
    }
  });
  at::set_num_threads(1);
  EXPECT_TRUE(together);
}

TEST(ParallelForTest, DoesNothingForNothing) {
  ParallelFor(0, 8, [](int64_t, int64_t) { FAIL() << "called"; });
}

TEST(ParallelForTest, ThrowsWhatABodyThrows) {
  EXPECT_THROW(ParallelFor(64, 1,
                           [](int64_t begin, int64_t) {
                             if (begin == 17) throw std::runtime_error("no");
                           }),
               std::runtime_error);
}

}  // namespace
}  // namespace snclr
