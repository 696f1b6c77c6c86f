// SPDX-License-Identifier: MIT
#include "experiments/trainer/pace.h"

#include "gtest/gtest.h"

namespace snclr {
namespace {

TEST(PaceTest, KnowsNothingAtFirst) {
  const Pace pace;
  EXPECT_EQ(pace.StepsPerSecond(), 0);
  EXPECT_EQ(pace.MeanStepsPerSecond(), 0);
  EXPECT_EQ(pace.Left(10, 1), absl::ZeroDuration());
}

TEST(PaceTest, CountsStepsAndEvaluationsThatAreLeft) {
  Pace pace;
  for (int i = 0; i < 10; ++i) pace.Step(absl::Milliseconds(250));
  pace.Evaluation(absl::Seconds(3));
  EXPECT_NEAR(pace.StepsPerSecond(), 4, 1e-6);
  EXPECT_NEAR(absl::ToDoubleSeconds(pace.Left(8, 2)), 2 + 6, 1e-6);
}

TEST(PaceTest, FollowsAChangeOfSpeedWhileTheMeanRemembers) {
  Pace pace;
  for (int i = 0; i < 500; ++i) pace.Step(absl::Milliseconds(100));
  for (int i = 0; i < 500; ++i) pace.Step(absl::Milliseconds(300));
  EXPECT_NEAR(pace.StepsPerSecond(), 1 / 0.3, 0.01);
  EXPECT_NEAR(pace.MeanStepsPerSecond(), 1 / 0.2, 0.01);
}

}  // namespace
}  // namespace snclr
