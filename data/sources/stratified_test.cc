// SPDX-License-Identifier: MIT
#include "data/sources/stratified.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "data/source.h"

namespace snclr {
namespace {

using Counts = std::vector<int64_t>;

TEST(EvenQuotasTest, SplitsEvenlyAndFillsUpFromLargerClasses) {
  EXPECT_EQ(EvenQuotas({10, 10, 10}, 9), Counts({3, 3, 3}));
  EXPECT_EQ(EvenQuotas({10, 2, 10}, 12), Counts({5, 2, 5}));
  EXPECT_EQ(EvenQuotas({5, 0, 7}, 12), Counts({5, 0, 7}));
  const Counts uneven = EvenQuotas({10, 10, 10}, 10);
  EXPECT_EQ(uneven[0] + uneven[1] + uneven[2], 10);
  EXPECT_EQ(*std::max_element(uneven.begin(), uneven.end()), 4);
}

TEST(CountByClassTest, CountsTheUnlabelledLast) {
  const Counts labels = {0, 2, 2, kUnlabelled, 0, 2};
  EXPECT_EQ(CountByClass(6, 3, [&](int64_t i) { return labels[i]; }),
            Counts({2, 0, 3, 1}));
}

TEST(ChooseByClassTest, ChoosesEachClassesQuota) {
  const auto label = [](int64_t i) { return i % 3 == 2 ? kUnlabelled : i % 3; };
  const std::vector<bool> chosen =
      ChooseByClass(300, {10, 0, 25}, label, SubsetPurpose::kSubset);
  Counts count(3, 0);
  for (int64_t i = 0; i < 300; ++i) count[i % 3] += chosen[i];
  EXPECT_EQ(count, Counts({10, 0, 25}));
}

TEST(ChooseByClassTest, SpreadsOverAClassAndDiffersByPurpose) {
  const auto label = [](int64_t) { return 0; };
  const auto holdout =
      ChooseByClass(1000, {500, 0}, label, SubsetPurpose::kHoldout);
  const auto subset =
      ChooseByClass(1000, {500, 0}, label, SubsetPurpose::kSubset);
  EXPECT_EQ(holdout,
            ChooseByClass(1000, {500, 0}, label, SubsetPurpose::kHoldout));
  int64_t in_first_half = 0, in_both = 0;
  for (int i = 0; i < 1000; ++i) {
    in_first_half += i < 500 && holdout[i];
    in_both += holdout[i] && subset[i];
  }
  EXPECT_NEAR(in_first_half, 250, 50);
  EXPECT_NEAR(in_both, 250, 50);
}

TEST(ChooseByClassTest, AnotherSeedMakesAnotherChoice) {
  const auto label = [](int64_t) { return 0; };
  const auto choose = [&](uint64_t seed) {
    return ChooseByClass(1000, {500, 0}, label, SubsetPurpose::kLabels, seed);
  };
  EXPECT_EQ(choose(1), choose(1));
  EXPECT_NE(choose(1), choose(2));
}

}  // namespace
}  // namespace snclr
