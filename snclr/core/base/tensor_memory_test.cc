// SPDX-License-Identifier: MIT
#include "snclr/core/base/tensor_memory.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace snclr {
namespace {

constexpr int64_t kMib = 1 << 20;

at::Tensor Bytes(int64_t n) { return at::empty({n}, at::kByte); }

// Pages that the system had to bring.
int64_t PageFaults() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

TEST(TensorMemoryTest, ATensorGetsWhatOneOfItsSizeFreed) {
  at::Tensor first = Bytes(64 * kMib).fill_(1);
  const void* const place = first.data_ptr();
  const int64_t held = TensorMemoryNow().held;
  first.reset();
  EXPECT_LE(TensorMemoryNow().held, held - 64 * kMib);
  EXPECT_GE(TensorMemoryNow().waiting, 64 * kMib);
  const int64_t before = PageFaults();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Bytes(64 * kMib).fill_(i).data_ptr(), place);
  }
  EXPECT_LT(PageFaults() - before, 1000);  // each alone has 16,384 pages
}

TEST(TensorMemoryTest, SmallOnesAreNotItsConcern) {
  const int64_t held = TensorMemoryNow().held;
  const at::Tensor small = Bytes(kMib - 1);
  EXPECT_EQ(TensorMemoryNow().held, held);
  const at::Tensor large = Bytes(kMib);
  EXPECT_GT(TensorMemoryNow().held, held);
}

// Nor does it count as held, below.
TEST(TensorMemoryTest, MoreThanThereIsThrows) {
  EXPECT_THROW(Bytes(int64_t{1} << 60), c10::Error);
  EXPECT_EQ(Bytes(2 * kMib).fill_(3).max().item<int>(), 3);
}

// However sizes change, what is mapped stays near the most that was held.
TEST(TensorMemoryTest, WhatWaitsMakesRoomForOtherSizes) {
  int64_t most = 0;
  for (int64_t mib = 1; mib <= 100; ++mib) {
    const at::Tensor one = Bytes(mib * kMib), other = Bytes(2 * mib * kMib);
    const TensorMemory now = TensorMemoryNow();
    most = std::max(most, now.held);
    // Tests before this one may have held 64 MiB.
    EXPECT_LE(now.held + now.waiting, std::max(most, 65 * kMib) * 11 / 10)
        << mib;
  }
}

TEST(TensorMemoryTest, TensorsAreApartAndAligned) {
  std::vector<at::Tensor> tensors;
  for (int i = 0; i < 20; ++i) {
    tensors.push_back(at::full({kMib + i * 4096}, i, at::kByte));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensors[i].data_ptr()) % 64, 0);
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(tensors[i].min().item<int>(), i);
    EXPECT_EQ(tensors[i].max().item<int>(), i);
  }
}

TEST(TensorMemoryTest, AnotherThreadMayFree) {
  at::Tensor tensor = Bytes(3 * kMib).fill_(7);
  const int64_t held = TensorMemoryNow().held;
  std::thread([tensor = std::move(tensor)]() mutable {
    tensor.reset();
  }).join();
  EXPECT_LE(TensorMemoryNow().held, held - 3 * kMib);
}

TEST(TensorMemoryTest, ATensorThatGrowsKeepsItsNumbers) {
  at::Tensor tensor = Bytes(kMib / 2).fill_(7);
  tensor.resize_({5 * kMib});
  EXPECT_EQ(tensor.slice(0, 0, kMib / 2).min().item<int>(), 7);
  tensor.resize_({9 * kMib});
  EXPECT_EQ(tensor.slice(0, 0, kMib / 2).max().item<int>(), 7);
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::KeepTensorMemory();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
