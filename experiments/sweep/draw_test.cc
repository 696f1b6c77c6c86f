// SPDX-License-Identifier: MIT
#include "experiments/sweep/draw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <string>

namespace snclr {
namespace {

DrawSpec LearningRate() {
  DrawSpec draw;
  draw.set_path("optimizer.base_lr");
  draw.mutable_log_uniform()->set_min(1e-5);
  draw.mutable_log_uniform()->set_max(1e-2);
  return draw;
}

// Computed apart from this code. For ever: a sweep that is run again must find
// the runs that it made.
TEST(DrawValueTest, IsWhatItWas) {
  EXPECT_EQ(DrawValue(LearningRate(), 1, 0), "1.364e-05");
  EXPECT_EQ(DrawValue(LearningRate(), 1, 1), "1.032e-05");
  DrawSpec whole;
  whole.set_path("snclr.neighbors");
  whole.mutable_whole()->set_min(1);
  whole.mutable_whole()->set_max(50);
  EXPECT_EQ(DrawValue(whole, 1, 0), "24");
}

TEST(DrawValueTest, DependsOnSeedPointAndPath) {
  DrawSpec other = LearningRate();
  other.set_path("optimizer.weight_decay");
  const std::string value = DrawValue(LearningRate(), 1, 0);
  EXPECT_NE(DrawValue(LearningRate(), 2, 0), value);
  EXPECT_NE(DrawValue(LearningRate(), 1, 1), value);
  EXPECT_NE(DrawValue(other, 1, 0), value);
}

TEST(DrawValueTest, ALogUniformIsEvenOverTheDecades) {
  int decades[3] = {};
  for (int point = 0; point < 3000; ++point) {
    const double value = std::atof(DrawValue(LearningRate(), 7, point).c_str());
    ASSERT_GE(value, 1e-5);
    ASSERT_LE(value, 1e-2);
    ++decades[std::min(static_cast<int>(std::log10(value) + 5), 2)];
  }
  // 1000 each, give or take 4 standard deviations.
  for (const int count : decades) EXPECT_NEAR(count, 1000, 104);
}

TEST(DrawValueTest, WholeNumbersIncludeBothEndsAndChoicesEachValue) {
  DrawSpec whole, choice;
  whole.set_path("a");
  whole.mutable_whole()->set_min(-1);
  whole.mutable_whole()->set_max(1);
  choice.set_path("b");
  for (const char* value : {"LOCAL", "GLOBAL"}) {
    choice.mutable_choice()->add_values(value);
  }
  std::set<std::string> wholes, choices;
  for (int point = 0; point < 100; ++point) {
    wholes.insert(DrawValue(whole, 1, point));
    choices.insert(DrawValue(choice, 1, point));
  }
  EXPECT_EQ(wholes, (std::set<std::string>{"-1", "0", "1"}));
  EXPECT_EQ(choices, (std::set<std::string>{"GLOBAL", "LOCAL"}));
}

TEST(DrawValueTest, RoundingDoesNotLeaveTheRange) {
  DrawSpec draw;
  draw.set_path("a");
  draw.mutable_uniform()->set_min(0.123456);
  draw.mutable_uniform()->set_max(0.123457);
  EXPECT_EQ(std::atof(DrawValue(draw, 1, 0).c_str()), 0.123457)
      << "0.1235 is above the range";
}

}  // namespace
}  // namespace snclr
