// SPDX-License-Identifier: MIT
#include "experiments/sweep/halving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace snclr {
namespace {

using ::testing::ElementsAre;

constexpr std::optional<double> kNone = std::nullopt;

std::vector<int> Targets(const std::vector<HalvingTrial>& trials,
                         const HalvingRule& rule) {
  std::vector<int> targets;
  for (const auto& verdict : Halve(trials, rule)) {
    targets.push_back(verdict.target);
  }
  return targets;
}

TEST(HalveTest, EveryTrialGoesToTheFirstRung) {
  EXPECT_THAT(Targets({{0, 1, {kNone}}, {1, 1, {5.0}}}, {1}),
              ElementsAre(0, 0));
}

TEST(HalveTest, TheBetterHalfOfTheMeansGoesOnWithAllItsSeeds) {
  // Means 20, 30, 25; half of 3, rounded up, is 2.
  const std::vector<HalvingTrial> trials = {{0, 1, {10.0}}, {0, 2, {30.0}},
                                            {1, 1, {29.0}}, {1, 2, {31.0}},
                                            {2, 1, {25.0}}, {2, 2, {25.0}}};
  EXPECT_THAT(Targets(trials, {1}), ElementsAre(-1, -1, 1, 1, 1, 1));
  EXPECT_THAT(Targets(trials, {1, /*maximize=*/false}),
              ElementsAre(1, 1, -1, -1, 1, 1));
  EXPECT_EQ(Halve(trials, {1})[0].why,
            "20, the mean over 2 seeds, is number 3 of 3 at rung 1");
}

TEST(HalveTest, LaterRungsCompareThoseThatAreLeft) {
  const std::vector<HalvingTrial> trials = {{0, 1, {1.0, kNone}},
                                            {1, 1, {4.0, 5.0}},
                                            {2, 1, {3.0, 6.0}},
                                            {3, 1, {2.0, kNone}}};
  EXPECT_THAT(Targets(trials, {2}), ElementsAre(-1, -1, 2, -1));
  EXPECT_EQ(Halve(trials, {2})[0].stopped_at, 0);
  EXPECT_EQ(Halve(trials, {2})[1].stopped_at, 1);
}

TEST(HalveTest, OnlySeedsThatAllHaveAreCompared) {
  // Seed 2 of configuration 1 has failed: on seed 1 alone 0 is the better one.
  const std::vector<HalvingTrial> trials = {{0, 1, {10.0}},
                                            {0, 2, {0.0}},
                                            {1, 1, {9.0}},
                                            {1, 2, {kNone}, /*ended=*/true}};
  EXPECT_THAT(Targets(trials, {1}), ElementsAre(1, 1, -1, -1));
}

TEST(HalveTest, WithoutACommonSeedNobodyIsStopped) {
  EXPECT_THAT(Targets({{0, 1, {10.0}},
                       {0, 2, {kNone}, true},
                       {1, 1, {kNone}, true},
                       {1, 2, {1.0}}},
                      {1}),
              ElementsAre(1, 1, 1, 1));
}

TEST(HalveTest, AConfigurationWithoutAValueIsNotCompared) {
  EXPECT_THAT(
      Targets({{0, 1, {kNone}, true}, {1, 1, {2.0}}, {2, 1, {1.0}}}, {1}),
      ElementsAre(1, 1, -1));
}

TEST(HalveTest, NoNumberIsTheWorstAndEqualOnesKeepTheirOrder) {
  EXPECT_THAT(Targets({{0, 1, {std::nan("")}}, {1, 1, {-5.0}}}, {1}),
              ElementsAre(-1, 1));
  EXPECT_THAT(Targets({{0, 1, {1.0}}, {1, 1, {1.0}}}, {1}), ElementsAre(1, -1));
}

}  // namespace
}  // namespace snclr
