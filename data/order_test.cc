// SPDX-License-Identifier: MIT
#include "data/order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace snclr {
namespace {

std::vector<int64_t> Elements(const Order& order) {
  std::vector<int64_t> elements;
  for (int64_t i = 0; i < order.size(); ++i) elements.push_back(order[i]);
  return elements;
}

TEST(OrderTest, IsAPermutationOfEverySize) {
  for (int64_t size = 1; size <= 300; ++size) {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      std::vector<int> seen(size, 0);
      for (const int64_t x : Elements(EpochOrder(size, seed, 0))) {
        ASSERT_GE(x, 0);
        ASSERT_LT(x, size);
        ++seen[x];
      }
      EXPECT_EQ(seen, std::vector<int>(size, 1)) << "size " << size;
    }
  }
}

TEST(OrderTest, IsAPermutationOfLargeSizesAroundPowersOfTwo) {
  for (const int64_t size : {65535, 65536, 65537, 100003, 262145}) {
    std::vector<bool> seen(size, false);
    const Order order = EpochOrder(size, 5, 3);
    for (int64_t i = 0; i < size; ++i) {
      const int64_t x = order[i];
      ASSERT_FALSE(seen[x]) << size << " at " << i;
      seen[x] = true;
    }
  }
}

TEST(OrderTest, TakesAnyPositionOfHugeDataSets) {
  const int64_t size = int64_t{1} << 40;
  const Order order = EpochOrder(size, 1, 0);
  std::set<int64_t> seen;
  for (int64_t i = 0; i < 1000; ++i) {
    const int64_t x = order[size - 1 - i];
    EXPECT_GE(x, 0);
    EXPECT_LT(x, size);
    EXPECT_TRUE(seen.insert(x).second);
  }
}

TEST(OrderTest, DependsOnSeedAndEpochAlone) {
  const auto order = Elements(EpochOrder(1000, 7, 2));
  EXPECT_EQ(order, Elements(EpochOrder(1000, 7, 2)));
  EXPECT_NE(order, Elements(EpochOrder(1000, 7, 3)));
  EXPECT_NE(order, Elements(EpochOrder(1000, 8, 2)));
}

// Each element comes first about equally often: the mean over 24,000 epochs of
// 12 elements is 2,000 with a standard deviation of 43.
TEST(OrderTest, PutsEveryElementEverywhereEquallyOften) {
  constexpr int kSize = 12, kEpochs = 24000;
  std::vector<std::vector<int>> count(kSize, std::vector<int>(kSize, 0));
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    const Order order = EpochOrder(kSize, 1, epoch);
    for (int i = 0; i < kSize; ++i) ++count[i][order[i]];
  }
  for (const auto& row : count) {
    for (const int n : row) EXPECT_NEAR(n, kEpochs / kSize, 6 * 43);
  }
}

// Neighbours do not stay neighbours: the mean distance of consecutive elements
// of a random order is size / 3.
TEST(OrderTest, SeparatesNeighbours) {
  constexpr int64_t kSize = 50000;
  const Order order = EpochOrder(kSize, 3, 1);
  double sum = 0;
  int64_t adjacent = 0;
  for (int64_t i = 1; i < kSize; ++i) {
    const int64_t distance = std::abs(order[i] - order[i - 1]);
    sum += distance;
    adjacent += distance == 1;
  }
  EXPECT_NEAR(sum / (kSize - 1), kSize / 3.0, kSize * 0.01);
  EXPECT_LT(adjacent, 15);  // 2 expected
}

// A frozen sequence: changing it changes every run.
TEST(OrderTest, KeepsItsSequence) {
  EXPECT_EQ(Elements(EpochOrder(10, 1, 0)),
            std::vector<int64_t>({6, 8, 5, 3, 9, 0, 4, 1, 2, 7}));
}

}  // namespace
}  // namespace snclr
