// SPDX-License-Identifier: MIT
#include "tools/compare/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace snclr {
namespace {

// Seeds 1, 2, ...
Sample Values(const std::vector<double>& values, uint64_t first_seed = 1) {
  Sample sample;
  for (const double value : values) {
    sample.push_back({first_seed + sample.size(), value});
  }
  return sample;
}

// Additional hours of sleep of ten patients under two drugs: Student's own
// example (1908), whose results every statistics package prints.
const std::vector<double> kDrug1 = {0.7, -1.6, -0.2, -1.2, -0.1,
                                    3.4, 3.7,  0.8,  0.0,  2.0};
const std::vector<double> kDrug2 = {1.9, 0.8, 1.1, 0.1, -0.1,
                                    4.4, 5.5, 1.6, 4.6, 3.4};

TEST(SummarizeTest, IsMeanDeviationAndIntervalByHand) {
  // Squares of deviations: 4, 0, 4; 8 / 2 = 4. t(0.95, 2) = 4.30265.
  const Statistic statistic = Summarize(Values({1, 3, 5}));
  EXPECT_EQ(statistic.n, 3);
  EXPECT_DOUBLE_EQ(*statistic.mean, 3);
  EXPECT_DOUBLE_EQ(*statistic.deviation, 2);
  EXPECT_NEAR(statistic.interval->low, 3 - 4.30265 * 2 / std::sqrt(3), 1e-5);
  EXPECT_NEAR(statistic.interval->high, 3 + 4.30265 * 2 / std::sqrt(3), 1e-5);
}

TEST(SummarizeTest, MoreConfidenceIsAWiderInterval) {
  // t(0.99, 2) = 9.92484
  const Statistic statistic = Summarize(Values({1, 3, 5}), 0.99);
  EXPECT_NEAR(statistic.interval->high, 3 + 9.92484 * 2 / std::sqrt(3), 1e-5);
}

TEST(SummarizeTest, KeepsDigitsOfValuesThatAreCloseTogether) {
  const Statistic statistic = Summarize(Values({1e9 + 1, 1e9 + 2, 1e9 + 3}));
  EXPECT_DOUBLE_EQ(*statistic.deviation, 1);
  EXPECT_TRUE(statistic.interval.has_value());
}

TEST(SummarizeTest, OneValueHasNoDeviationAndNoneHasNoMean) {
  EXPECT_EQ(*Summarize(Values({7})).mean, 7);
  EXPECT_FALSE(Summarize(Values({7})).deviation.has_value());
  EXPECT_FALSE(Summarize(Values({7})).interval.has_value());
  EXPECT_FALSE(Summarize({}).mean.has_value());
  EXPECT_EQ(Summarize({}).n, 0);
}

TEST(SummarizeTest, ValuesThatAreAllAlikeSayNothingOfTheNoise) {
  const Statistic statistic = Summarize(Values({0.1, 0.1, 0.1}));
  EXPECT_NEAR(*statistic.deviation, 0, 1e-15);
  EXPECT_FALSE(statistic.interval.has_value());
}

TEST(SummarizeTest, AValueThatIsNoNumberIsNotHidden) {
  const Statistic statistic = Summarize(Values({1, std::nan("")}));
  EXPECT_TRUE(std::isnan(*statistic.mean));
  EXPECT_FALSE(statistic.interval.has_value());
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(*Summarize(Values({1, infinity})).mean, infinity);
  EXPECT_FALSE(Summarize(Values({1, infinity})).interval.has_value());
}

TEST(DifferenceOfTest, IsPairedWhereTheSeedsAreTheSame) {
  const Difference difference = DifferenceOf(Values(kDrug1), Values(kDrug2));
  EXPECT_EQ(difference.test, DifferenceTest::kPaired);
  EXPECT_NEAR(*difference.mean, -1.58, 1e-12);
  EXPECT_EQ(*difference.degrees_of_freedom, 9);
  EXPECT_NEAR(difference.interval->low, -2.4598858, 5e-8);
  EXPECT_NEAR(difference.interval->high, -0.7001142, 5e-8);
  EXPECT_NEAR(*difference.p_value, 0.002833, 5e-7);
}

TEST(DifferenceOfTest, IsWelchsWhereTheyAreNot) {
  const Difference difference =
      DifferenceOf(Values(kDrug1), Values(kDrug2, /*first_seed=*/5));
  EXPECT_EQ(difference.test, DifferenceTest::kWelch);
  EXPECT_FALSE(difference.same_seeds);
  EXPECT_NEAR(*difference.mean, -1.58, 1e-12);
  EXPECT_NEAR(*difference.degrees_of_freedom, 17.776, 5e-4);
  EXPECT_NEAR(difference.interval->low, -3.3654832, 5e-8);
  EXPECT_NEAR(difference.interval->high, 0.2054832, 5e-8);
  EXPECT_NEAR(*difference.p_value, 0.07939, 5e-6);
}

TEST(DifferenceOfTest, PairsBySeedNotByPlace) {
  const Sample sample = {{1, 10}, {2, 20}, {3, 30}};
  const Sample baseline = {{3, 29}, {1, 8}, {2, 17}};
  // Differences 2, 3, 1: mean 2, deviation 1, t = 2 sqrt(3), two degrees.
  const Difference difference = DifferenceOf(sample, baseline);
  EXPECT_DOUBLE_EQ(*difference.mean, 2);
  EXPECT_NEAR(*difference.p_value, 1 - std::sqrt(12.0 / 14), 1e-12);
}

TEST(DifferenceOfTest, ARepeatedSeedCannotBePaired) {
  const Sample sample = {{1, 10}, {1, 12}};
  const Sample baseline = {{1, 8}, {1, 9}};
  const Difference difference = DifferenceOf(sample, baseline);
  EXPECT_EQ(difference.test, DifferenceTest::kWelch);
  EXPECT_FALSE(difference.same_seeds);
}

TEST(DifferenceOfTest, OneGroupWithoutSpreadLeavesTheOthersDegrees) {
  const Difference difference =
      DifferenceOf(Values({5, 5, 5}), Values({1, 2, 3}, 7));
  EXPECT_DOUBLE_EQ(*difference.degrees_of_freedom, 2);
}

TEST(DifferenceOfTest, TheIntervalLeavesOutZeroJustWhenThePValueIsSmall) {
  for (const double shift : {0.0, 0.5, 0.9, 1.0, 1.1, 2.0}) {
    for (const uint64_t first_seed : {1, 100}) {
      const Difference difference = DifferenceOf(
          Values({shift + 0.3, shift - 0.4, shift + 0.2, shift - 0.1}),
          Values({0.5, -0.3, 0.0, -0.2}, first_seed), 0.9);
      EXPECT_EQ(difference.interval->Contains(0), *difference.p_value >= 0.1);
    }
  }
}

TEST(DifferenceOfTest, SingleRunsHaveADifferenceAndNoTest) {
  const Difference difference = DifferenceOf(Values({70}), Values({68}));
  EXPECT_EQ(difference.test, DifferenceTest::kNone);
  EXPECT_EQ(*difference.mean, 2);
  EXPECT_TRUE(difference.same_seeds);
  EXPECT_FALSE(difference.interval.has_value());
  EXPECT_FALSE(difference.p_value.has_value());
  EXPECT_FALSE(DifferenceOf(Values({70}), Values({1, 2})).p_value.has_value());
  EXPECT_FALSE(DifferenceOf(Values({70}), {}).mean.has_value());
}

TEST(DifferenceOfTest, EqualDifferencesAreNoCertainty) {
  // 0.1 each, but for rounding: a t of 1e15 would be nonsense.
  const Difference difference =
      DifferenceOf(Values({55.8, 60.2, 58.3}), Values({55.7, 60.1, 58.2}));
  EXPECT_NEAR(*difference.mean, 0.1, 1e-12);
  EXPECT_EQ(difference.test, DifferenceTest::kNone);
  EXPECT_FALSE(difference.p_value.has_value());
}

TEST(HolmAdjustedTest, IsTheStepDownProcedureByHand) {
  // Sorted 0.01, 0.02, 0.03, 0.04: 4 x 0.01, then 3 x 0.02, and after that no
  // less than what came before.
  const auto adjusted = HolmAdjusted({0.03, 0.01, 0.04, 0.02});
  EXPECT_DOUBLE_EQ(*adjusted[1], 0.04);
  EXPECT_DOUBLE_EQ(*adjusted[3], 0.06);
  EXPECT_DOUBLE_EQ(*adjusted[0], 0.06);
  EXPECT_DOUBLE_EQ(*adjusted[2], 0.06);
}

TEST(HolmAdjustedTest, IsAtMostOneAndSkipsWhatWasNotTested) {
  const auto adjusted = HolmAdjusted({0.7, std::nullopt, 0.8});
  EXPECT_EQ(*adjusted[0], 1);
  EXPECT_FALSE(adjusted[1].has_value());
  EXPECT_EQ(*adjusted[2], 1);
  EXPECT_EQ(*HolmAdjusted({0.03})[0], 0.03);
  EXPECT_TRUE(HolmAdjusted({}).empty());
}

// Properties, on samples that are drawn with fixed seeds.
class PropertyTest : public ::testing::Test {
 protected:
  Sample Draw(size_t n, double mean, double deviation, uint64_t first_seed) {
    std::normal_distribution<double> normal(mean, deviation);
    std::vector<double> values;
    while (values.size() < n) values.push_back(normal(random_));
    return Values(values, first_seed);
  }

  std::mt19937_64 random_{20261124};
};

TEST_F(PropertyTest, AConstantShiftsMeansAndNothingElse) {
  for (int trial = 0; trial < 100; ++trial) {
    const Sample sample = Draw(2 + trial % 5, 50, 3, 1);
    const Sample baseline = Draw(2 + trial % 4, 48, 2, 1);
    Sample shifted = sample;
    for (SeedValue& value : shifted) value.value += 1000;
    const Statistic before = Summarize(sample);
    const Statistic after = Summarize(shifted);
    EXPECT_NEAR(*after.mean, *before.mean + 1000, 1e-9);
    EXPECT_NEAR(*after.deviation, *before.deviation, 1e-9);
    EXPECT_NEAR(after.interval->low, before.interval->low + 1000, 1e-8);
    Sample shifted_baseline = baseline;
    for (SeedValue& value : shifted_baseline) value.value += 1000;
    const Difference one = DifferenceOf(sample, baseline);
    const Difference both = DifferenceOf(shifted, shifted_baseline);
    EXPECT_EQ(one.test, both.test);
    EXPECT_NEAR(*one.mean, *both.mean, 1e-9);
    EXPECT_NEAR(*one.p_value, *both.p_value, 1e-9);
  }
}

TEST_F(PropertyTest, OrderDoesNotCountAndSidesOnlyTurnTheSign) {
  for (int trial = 0; trial < 100; ++trial) {
    const Sample sample = Draw(2 + trial % 5, 50, 3, 1);
    const Sample baseline = Draw(2 + trial % 4, 48, 2, 1);
    Sample shuffled = sample;
    std::shuffle(shuffled.begin(), shuffled.end(), random_);
    const Difference forth = DifferenceOf(shuffled, baseline);
    const Difference back = DifferenceOf(baseline, sample);
    EXPECT_EQ(forth.test, back.test);
    EXPECT_NEAR(*forth.mean, -*back.mean, 1e-12);
    EXPECT_NEAR(forth.interval->low, -back.interval->high, 1e-9);
    EXPECT_NEAR(*forth.p_value, *back.p_value, 1e-12);
  }
}

// Of 4,000 intervals, 95 % hold the truth: 3 standard errors are 1.03 points.
TEST_F(PropertyTest, IntervalsHoldTheTruthAsOftenAsTheySay) {
  constexpr int kTrials = 4000;
  int mean_held = 0, paired_held = 0, welch_held = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Sample sample = Draw(3, 52, 1, 1);
    mean_held += Summarize(sample).interval->Contains(52);
    paired_held +=
        DifferenceOf(sample, Draw(3, 50, 1, 1)).interval->Contains(2);
    welch_held += DifferenceOf(Draw(6, 52, 1, 1), Draw(5, 50, 3, 1))
                      .interval->Contains(2);
  }
  EXPECT_NEAR(mean_held / static_cast<double>(kTrials), 0.95, 0.0104);
  EXPECT_NEAR(paired_held / static_cast<double>(kTrials), 0.95, 0.0104);
  // Welch's degrees of freedom are an approximation.
  EXPECT_NEAR(welch_held / static_cast<double>(kTrials), 0.95, 0.015);
}

}  // namespace
}  // namespace snclr
