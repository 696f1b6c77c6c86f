// SPDX-License-Identifier: MIT
#include "snclr/core/optim/loss_scale.h"

#include "gtest/gtest.h"

namespace snclr {
namespace {

TEST(LossScaleTest, AnOverflowHalvesItAndIsCounted) {
  LossScale state = {LossScale::kFirst, 1999, 3};
  state = LossScaleAfter(state, /*finite=*/false);
  EXPECT_EQ(state.scale, 32768);
  EXPECT_EQ(state.good_steps, 0);
  EXPECT_EQ(state.skipped, 4);
}

TEST(LossScaleTest, GrowsAfterTwoThousandGoodStepsInARow) {
  LossScale state = {1024, 0, 0};
  for (int i = 0; i < 1999; ++i) state = LossScaleAfter(state, true);
  EXPECT_EQ(state.scale, 1024);
  EXPECT_EQ(state.good_steps, 1999);
  state = LossScaleAfter(state, true);
  EXPECT_EQ(state.scale, 2048);
  EXPECT_EQ(state.good_steps, 0);

  for (int i = 0; i < 1999; ++i) state = LossScaleAfter(state, true);
  state = LossScaleAfter(state, false);
  EXPECT_EQ(state.scale, 1024);
  for (int i = 0; i < 1999; ++i) state = LossScaleAfter(state, true);
  EXPECT_EQ(state.scale, 1024);  // in a row
}

TEST(LossScaleTest, StaysAtItsLargest) {
  LossScale state = {LossScale::kMost, LossScale::kStepsToGrow - 1, 0};
  state = LossScaleAfter(state, true);
  EXPECT_EQ(state.scale, LossScale::kMost);
}

}  // namespace
}  // namespace snclr
