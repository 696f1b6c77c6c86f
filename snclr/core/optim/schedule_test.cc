// SPDX-License-Identifier: MIT
#include "snclr/core/optim/schedule.h"

#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"

namespace snclr {
namespace {

OptimizerSpec Optimizer(double base_lr, LearningRateScaling scaling) {
  OptimizerSpec spec;
  spec.set_base_lr(base_lr);
  spec.set_lr_scaling(scaling);
  return spec;
}

ScheduleSpec Epochs(int epochs, double warmup) {
  ScheduleSpec spec;
  spec.set_epochs(epochs);
  spec.set_warmup_epochs(warmup);
  return spec;
}

MomentumSpec Momentum(double start, MomentumSchedule schedule) {
  MomentumSpec spec;
  spec.set_start(start);
  spec.set_schedule(schedule);
  return spec;
}

TEST(ScheduleTest, PeakGrowsWithTheBatchWhereTheSpecScales) {
  EXPECT_DOUBLE_EQ(PeakLearningRate(Optimizer(1e-4, LINEAR_PER_256), 1024),
                   4e-4);
  EXPECT_DOUBLE_EQ(PeakLearningRate(Optimizer(1e-4, NO_SCALING), 1024), 1e-4);
}

TEST(ScheduleTest, WarmsUpAndFallsByHand) {
  const Schedule schedule(Optimizer(1, NO_SCALING), Epochs(10, 2),
                          Momentum(0.9, COSINE_TO_ONE), /*global_batch=*/64,
                          /*steps_per_epoch=*/4);
  EXPECT_EQ(schedule.total_steps(), 40);
  EXPECT_DOUBLE_EQ(schedule.Epoch(6), 1.5);
  EXPECT_DOUBLE_EQ(schedule.LearningRate(0), 0);
  EXPECT_DOUBLE_EQ(schedule.LearningRate(4), 0.5);
  EXPECT_DOUBLE_EQ(schedule.LearningRate(8), 1);
  EXPECT_DOUBLE_EQ(schedule.LearningRate(24), 0.5);  // half way of the cosine
  EXPECT_DOUBLE_EQ(schedule.LearningRate(40), 0);
  EXPECT_DOUBLE_EQ(schedule.Momentum(0), 0.9);
  EXPECT_DOUBLE_EQ(schedule.Momentum(20), 0.95);
  EXPECT_DOUBLE_EQ(schedule.Momentum(40), 1);
}

TEST(ScheduleTest, MomentumMayStayConstant) {
  EXPECT_EQ(MomentumAt(Momentum(0.9, CONSTANT), Epochs(10, 0), 7), 0.9);
}

TEST(ScheduleTest, DoesWithoutWarmup) {
  EXPECT_DOUBLE_EQ(LearningRateAt(Epochs(10, 0), 2, 0), 2);
  EXPECT_DOUBLE_EQ(LearningRateAt(Epochs(10, 10), 2, 5), 1);
}

class ScheduleGoldenTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ScheduleGoldenTest, EqualsThePublishedSchedules) {
  const GoldenFile golden =
      GoldenTestFile(std::string("snclr/core/optim/testdata/schedule__") +
                     GetParam() + ".safetensors");
  const ScheduleSpec epochs =
      Epochs(golden.Int("epochs"), golden.Double("warmup_epochs"));
  const double peak =
      PeakLearningRate(Optimizer(golden.Double("base_lr"), LINEAR_PER_256),
                       golden.Int("total_batch"));
  const MomentumSpec momentum =
      Momentum(golden.Double("base_momentum"), COSINE_TO_ONE);
  const at::Tensor epoch = golden.Tensor("in.epoch");
  for (int64_t i = 0; i < epoch.numel(); ++i) {
    const double e = epoch[i].item<double>();
    const double rate = golden.Tensor("out.lr")[i].item<double>();
    const double m = golden.Tensor("out.momentum")[i].item<double>();
    EXPECT_NEAR(LearningRateAt(epochs, peak, e), rate, 1e-14 * rate) << e;
    EXPECT_NEAR(MomentumAt(momentum, epochs, e), m, 1e-14 * m) << e;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ScheduleGoldenTest,
                         ::testing::Values("300_40", "100_10"));

}  // namespace
}  // namespace snclr
