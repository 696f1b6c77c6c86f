// SPDX-License-Identifier: MIT
#include "data/loading/prefetcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace snclr {
namespace {

PrefetcherOptions Options(int workers, int64_t depth, int64_t items) {
  PrefetcherOptions options;
  options.workers = workers;
  options.depth = depth;
  options.batch_items = items;
  return options;
}

TEST(PrefetcherTest, MakesEveryItemOfEveryBatchOnce) {
  for (const int workers : {1, 4}) {
    constexpr int64_t kDepth = 3, kItems = 50, kBatches = 40;
    std::vector<std::atomic<int>> made(kBatches * kItems);
    PrefetcherOptions options = Options(workers, kDepth, kItems);
    options.last_batch = kBatches;
    Prefetcher prefetcher(options, [&](int64_t batch, int64_t item) {
      ++made[batch * kItems + item];
    });
    for (int64_t batch = 0; batch < kBatches; ++batch) {
      prefetcher.Await(batch);
      for (int64_t item = 0; item < kItems; ++item) {
        ASSERT_EQ(made[batch * kItems + item], 1);
      }
      prefetcher.Release(batch);
    }
  }
}

TEST(PrefetcherTest, StaysWithinItsDepth) {
  std::atomic<int64_t> furthest{0};
  Prefetcher prefetcher(Options(4, 2, 8), [&](int64_t batch, int64_t) {
    int64_t seen = furthest;
    while (batch > seen && !furthest.compare_exchange_weak(seen, batch)) {
    }
  });
  for (int64_t batch = 0; batch < 20; ++batch) {
    prefetcher.Await(batch);
    EXPECT_LE(furthest, batch + 1);
    prefetcher.Release(batch);
  }
}

TEST(PrefetcherTest, BeginsWhereItIsTold) {
  std::atomic<int64_t> first{1000};
  PrefetcherOptions options = Options(1, 2, 4);
  options.first_batch = 17;
  Prefetcher prefetcher(options, [&](int64_t batch, int64_t) {
    if (batch < first) first = batch;
  });
  prefetcher.Await(17);
  EXPECT_EQ(first, 17);
}

// An item that is being made is waited for; the other thousands never begin.
TEST(PrefetcherTest, EndsPromptlyWhileBusy) {
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::atomic<int64_t> made{0};
    std::atomic<bool> started{false};
    {
      Prefetcher prefetcher(Options(4, 4, 100000), [&](int64_t, int64_t) {
        started = true;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
        ++made;
      });
      while (!started) std::this_thread::yield();
    }
    EXPECT_LT(made, 100000);
  }
}

TEST(PrefetcherTest, EndsWhileWaitingForRoom) {
  std::atomic<int64_t> made{0};
  {
    Prefetcher prefetcher(Options(3, 1, 2), [&](int64_t, int64_t) { ++made; });
    prefetcher.Await(0);
  }
  EXPECT_EQ(made, 2);
}

TEST(WorkersForTest, TakesWhatIsAskedAndAtLeastOne) {
  EXPECT_EQ(WorkersFor(5), 5);
  EXPECT_GE(WorkersFor(0), 1);
  EXPECT_LE(WorkersFor(0), 16);
}

}  // namespace
}  // namespace snclr
