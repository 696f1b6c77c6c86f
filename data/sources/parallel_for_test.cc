// SPDX-License-Identifier: MIT
#include "data/sources/parallel_for.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "absl/strings/str_cat.h"

namespace snclr {
namespace {

TEST(ParallelForTest, CallsEveryItemOnce) {
  for (const int threads : {1, 3, 16}) {
    std::vector<std::atomic<int>> calls(100);
    const absl::Status status = ParallelFor(100, threads, [&](int64_t i) {
      ++calls[i];
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    for (const auto& n : calls) EXPECT_EQ(n, 1);
  }
  EXPECT_TRUE(ParallelFor(0, 4, [](int64_t) {
                return absl::InternalError("never called");
              }).ok());
}

TEST(ParallelForTest, AnErrorEndsItAndIsReturned) {
  std::atomic<int> calls{0};
  const absl::Status status = ParallelFor(1000000, 2, [&](int64_t i) {
    ++calls;
    return i == 10 ? absl::DataLossError("ten") : absl::OkStatus();
  });
  EXPECT_EQ(status.message(), "ten");
  EXPECT_LT(calls, 1000000);
}

TEST(ParallelForTest, WhatIsThrownBecomesAStatus) {
  const absl::Status status = ParallelFor(4, 2, [](int64_t i) -> absl::Status {
    throw std::runtime_error("thrown");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace snclr
