// SPDX-License-Identifier: MIT
#include "snclr/core/optim/step_numbers.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(StepNumbersTest, WholePowersAreExactForPowersOfTwoAndCloseForAll) {
  EXPECT_EQ(WholePower(0.9, 0), 1);
  EXPECT_EQ(WholePower(0.9, 1), 0.9);
  EXPECT_EQ(WholePower(0.5, 40), std::ldexp(1, -40));
  for (const int64_t n : {2, 7, 1000, 123457}) {
    const double exact = std::pow(0.999, static_cast<double>(n));
    EXPECT_NEAR(WholePower(0.999, n) / exact, 1, 1e-10) << n;
  }
}

TEST(StepNumbersTest, WithoutALossScaleOnlyClippingScales) {
  StepNumbers step = {0.1, 0.9, 0.5, 0.25, -1, -1, -1};
  const double norm = 4;
  FindNumbers{&step, &norm, /*most_norm=*/0, nullptr, nullptr}(0);
  EXPECT_EQ(step.gradient_norm, 4);
  EXPECT_EQ(step.gradient_scale, 1);
  EXPECT_EQ(step.skip, 0);
  FindNumbers{&step, &norm, /*most_norm=*/1, nullptr, nullptr}(0);
  EXPECT_EQ(step.gradient_scale, 1 / (4 + 1e-6));
  FindNumbers{&step, &norm, /*most_norm=*/8, nullptr, nullptr}(0);
  EXPECT_EQ(step.gradient_scale, 1);
  // The host's are left alone.
  EXPECT_EQ(step.learning_rate, 0.1);
  EXPECT_EQ(step.ema, 0.9);
  EXPECT_EQ(step.correction1, 0.5);
  EXPECT_EQ(step.root2, 0.25);
}

TEST(StepNumbersTest, WithoutALossScaleNothingIsSkipped) {
  StepNumbers step = {};
  FindNumbers{&step, &kNan, 0, nullptr, nullptr}(0);
  EXPECT_TRUE(std::isnan(step.gradient_norm));
  EXPECT_EQ(step.skip, 0);  // the weights show it, and the run stops
}

TEST(StepNumbersTest, AGoodStepIsUnscaledCountedAndClippedByItsTrueNorm) {
  StepNumbers step = {};
  LossScale scale = {1024, 7, 2};
  int64_t taken = 10;
  const double norm = 4096;
  FindNumbers{&step, &norm, /*most_norm=*/2, &scale, &taken}(0);
  EXPECT_EQ(step.gradient_norm, 4);
  EXPECT_EQ(step.gradient_scale, 2 / (4 + 1e-6) / 1024);
  EXPECT_EQ(step.skip, 0);
  EXPECT_EQ(taken, 11);
  EXPECT_EQ(scale.scale, 1024);
  EXPECT_EQ(scale.good_steps, 8);
  EXPECT_EQ(scale.skipped, 2);
}

TEST(StepNumbersTest, AnOverflowIsSkippedAndNotCounted) {
  for (const double norm : {kInfinity, kNan}) {
    StepNumbers step = {};
    LossScale scale = {1024, 7, 2};
    int64_t taken = 10;
    FindNumbers{&step, &norm, /*most_norm=*/2, &scale, &taken}(0);
    EXPECT_EQ(step.skip, 1);
    EXPECT_EQ(taken, 10);
    EXPECT_EQ(scale.scale, 512);
    EXPECT_EQ(scale.good_steps, 0);
    EXPECT_EQ(scale.skipped, 3);
  }
}

}  // namespace
}  // namespace snclr
