// SPDX-License-Identifier: MIT
#include "snclr/core/base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace snclr {
namespace {

// Computed by another implementation. They are the reproducibility promise: a
// change of them changes every run.
TEST(RandomTest, DrawsTheseNumbersForEver) {
  Random bits(1, {2, 3, 4});
  for (const uint64_t expected :
       {0x2F0D434B24B1240Eu, 0x66899F5011E2271Eu, 0xCD0D84EFC03CDFACu}) {
    EXPECT_EQ(bits.Bits(), expected);
  }
  Random no_path(UINT64_MAX, {});
  for (const uint64_t expected : {0x5DC20AA7B2A27137u, 0xBDA5668A01D7049Cu}) {
    EXPECT_EQ(no_path.Bits(), expected);
  }
  Random uniform(17, {kStreamViews, 0, 5});
  for (const double expected :
       {0.27176534966957366, 0.7227356589059194, 0.7858801649845536}) {
    EXPECT_EQ(uniform.Uniform(), expected);
  }
  Random below(17, {kStreamOrder});
  EXPECT_EQ(below.Below(10), 0);
  EXPECT_EQ(below.Below(1000), 560);
  EXPECT_EQ(below.Below(int64_t{1} << 40), 90317659284);
  EXPECT_EQ(below.Below(1), 0);
  Random normal(17, {kStreamWeights});
  EXPECT_NEAR(normal.Normal(), 1.0024110220782518, 1e-15);
  EXPECT_NEAR(normal.Normal(), 0.5580279687089387, 1e-15);
}

// Seeds, parts, their order and their number all make another stream.
TEST(RandomTest, EveryPathIsAStreamOfItsOwn) {
  std::set<uint64_t> first_draws;
  size_t streams = 0;
  const auto add = [&](Random random) {
    first_draws.insert(random.Bits());
    ++streams;
  };
  constexpr uint64_t kMost = 20;
  for (uint64_t seed = 0; seed < kMost; ++seed) {
    add(Random(seed, {}));
    for (uint64_t a = 0; a < kMost; ++a) {
      add(Random(seed, {a}));
      for (uint64_t b = 0; b < kMost; ++b) add(Random(seed, {a, b}));
    }
  }
  EXPECT_EQ(first_draws.size(), streams);
}

// 16 equal bins of 1,000 expected draws each; 160 is five standard deviations.
void ExpectEven(const std::vector<double>& draws) {
  ASSERT_EQ(draws.size(), 16000u);
  std::vector<int> bins(16);
  for (const double draw : draws) ++bins.at(static_cast<size_t>(draw * 16));
  for (const int count : bins) EXPECT_NEAR(count, 1000, 160);
}

TEST(RandomTest, IsUniformWithinAStream) {
  Random random(5, {kStreamViews});
  std::vector<double> draws;
  for (int i = 0; i < 16000; ++i) draws.push_back(random.Uniform());
  ExpectEven(draws);
}

TEST(RandomTest, IsUniformAcrossStreams) {
  std::vector<double> draws;
  for (uint64_t index = 0; index < 16000; ++index) {
    draws.push_back(Random(5, {kStreamViews, 1, index}).Uniform());
  }
  ExpectEven(draws);
}

TEST(RandomTest, NeighbouringStreamsDoNotFollowEachOther) {
  double product = 0;
  for (uint64_t index = 0; index < 10000; ++index) {
    product += (Random(5, {kStreamViews, index}).Uniform() - 0.5) *
               (Random(5, {kStreamViews, index + 1}).Uniform() - 0.5);
  }
  // A correlation of 10,000 pairs has a standard deviation of 0.01.
  EXPECT_NEAR(product / 10000 * 12, 0, 0.05);
}

TEST(RandomTest, StaysWithinItsBounds) {
  Random random(9, {});
  std::set<int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const double number = random.Uniform(-2, 3);
    EXPECT_GE(number, -2);
    EXPECT_LT(number, 3);
    seen.insert(random.Below(6));
    EXPECT_EQ(random.Below(1), 0);
    const int64_t large = random.Below(INT64_MAX);
    EXPECT_GE(large, 0);
    EXPECT_LT(large, INT64_MAX);
  }
  EXPECT_EQ(seen, (std::set<int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST(RandomTest, NormalHasMeanZeroAndVarianceOne) {
  Random random(11, {});
  constexpr int kDraws = 40000;
  double sum = 0, squares = 0;
  int beyond_two = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double draw = random.Normal();
    ASSERT_TRUE(std::isfinite(draw));
    sum += draw;
    squares += draw * draw;
    beyond_two += std::abs(draw) > 2;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.025);  // five standard deviations
  EXPECT_NEAR(squares / kDraws, 1, 0.036);
  EXPECT_NEAR(beyond_two / double{kDraws}, 0.0455, 0.0053);
}

}  // namespace
}  // namespace snclr
