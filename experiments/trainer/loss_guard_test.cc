// SPDX-License-Identifier: MIT
#include "experiments/trainer/loss_guard.h"

#include <limits>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const LossBand kBand = {3.5, 4.5, ""};

bool Says(const absl::Status& status, const char* text) {
  return !status.ok() && absl::StrContains(status.message(), text);
}

TEST(LossGuardTest, LetsOrdinaryLossesPass) {
  LossGuard guard(ExperimentSpec(), kBand);
  for (int64_t step = 0; step < 5; ++step) {
    EXPECT_TRUE(guard.Check({step, 400.0, 1.0, 1e-3}).ok());
  }
}

TEST(LossGuardTest, NamesTheStepAndTheLastGoodLoss) {
  LossGuard guard(ExperimentSpec(), kBand);
  ASSERT_TRUE(guard.Check({6, 4.25, 1.0, 1e-3}).ok());
  const absl::Status status = guard.Check({7, kNan, kNan, 2e-3});
  EXPECT_TRUE(Says(status, "step 7: the loss is nan (step 6 had 4.250)"))
      << status;
  EXPECT_TRUE(Says(status, "a learning rate of 2.0e-03")) << status;
}

TEST(LossGuardTest, AnInfiniteOrExplodedLossStopsToo) {
  LossGuard guard(ExperimentSpec(), kBand);
  ASSERT_TRUE(guard.Check({0, 4.0, 1.0, 0}).ok());
  EXPECT_FALSE(
      guard.Check({1, std::numeric_limits<double>::infinity(), 1, 0}).ok());
  EXPECT_FALSE(guard.Check({1, 4501.0, 1, 0}).ok());
}

TEST(LossGuardTest, AGradientThatIsNoNumberStopsBeforeItsWeightsAreSaved) {
  LossGuard guard(ExperimentSpec(), kBand);
  ASSERT_TRUE(guard.Check({0, 4.0, 1.0, 0}).ok());
  EXPECT_TRUE(Says(guard.Check({1, 4.0, kNan, 0}),
                   "step 1: the gradient's norm is nan"));
}

TEST(LossGuardTest, TheFirstStepsNanComesFromTheInputs) {
  LossGuard guard(ExperimentSpec(), kBand);
  EXPECT_TRUE(Says(guard.Check({0, kNan, kNan, 0}), "the inputs"));
}

TEST(LossGuardTest, AnExplodedGradientIsNamed) {
  LossGuard guard(ExperimentSpec(), kBand);
  for (int64_t step = 0; step < 50; ++step) {
    ASSERT_TRUE(guard.Check({step, 4.0, 1.0, 1e-3}).ok());
  }
  ASSERT_TRUE(guard.Check({50, 4.1, 500.0, 1e-3}).ok());
  EXPECT_TRUE(Says(guard.Check({51, kNan, kNan, 1e-3}), "its norm was 500.0"));
}

TEST(LossGuardTest, Bf16IsSuspectedWhereNothingElseIs) {
  ExperimentSpec spec;
  spec.set_precision(BF16);
  LossGuard guard(spec, kBand);
  ASSERT_TRUE(guard.Check({0, 4.0, 1.0, 1e-3}).ok());
  EXPECT_TRUE(Says(guard.Check({1, kNan, kNan, 1e-3}), "BF16"));
}

TEST(LossGuardTest, Fp16SkipsAnOverflowAndStopsWhereItGoesOn) {
  ExperimentSpec spec;
  spec.set_precision(FP16);
  LossGuard guard(spec, kBand);
  int64_t step = 1;
  for (int round = 0; round < 3; ++round) {
    for (int skipped = 0; skipped < 40; ++skipped) {
      ASSERT_TRUE(guard.Check({step++, 4.0, kNan, 1e-3}).ok());
    }
    ASSERT_TRUE(guard.Check({step++, 4.0, 1.0, 1e-3}).ok());
  }
  absl::Status status;
  for (int skipped = 0; skipped < 41 && status.ok(); ++skipped) {
    status = guard.Check({step++, 4.0, kNan, 1e-3});
  }
  EXPECT_TRUE(Says(status, "FP16")) << status;
  EXPECT_EQ(step, 3 * 41 + 42);
  LossGuard other(spec, kBand);
  ASSERT_TRUE(other.Check({1, 4.0, 1.0, 1e-3}).ok());
  EXPECT_FALSE(other.Check({2, kNan, kNan, 1e-3}).ok());
}

}  // namespace
}  // namespace snclr
