// SPDX-License-Identifier: MIT
#include "tools/report/line_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace snclr {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<LinePoint> Waves(size_t count) {
  std::vector<LinePoint> line;
  for (size_t i = 0; i < count; ++i) {
    line.push_back({static_cast<double>(i), std::sin(0.1 * i)});
  }
  return line;
}

TEST(ThinTest, KeepsEndsAndEverySpike) {
  std::vector<LinePoint> line = Waves(100000);
  line[54321].y = 9;
  line[54322].y = -9;
  const std::vector<LinePoint> thin = Thin(line, 500);
  EXPECT_LE(thin.size(), 500u);
  EXPECT_GE(thin.size(), 400u);
  EXPECT_EQ(thin.front().x, 0);
  EXPECT_EQ(thin.back().x, 99999);
  bool high = false, low = false;
  for (size_t i = 0; i < thin.size(); ++i) {
    if (i > 0) EXPECT_LT(thin[i - 1].x, thin[i].x);
    high = high || thin[i].y == 9;
    low = low || thin[i].y == -9;
  }
  EXPECT_TRUE(high);
  EXPECT_TRUE(low);
}

TEST(ThinTest, LeavesAShortLineAlone) {
  EXPECT_EQ(Thin(Waves(500), 500).size(), 500u);
  EXPECT_TRUE(Thin({}, 500).empty());
}

TEST(ThinTest, KeepsAGapWhereNothingIsANumber) {
  std::vector<LinePoint> line = Waves(1000);
  for (size_t i = 400; i < 600; ++i) line[i].y = kNaN;
  line[10].y = kNaN;  // one among numbers is passed over
  bool gap = false;
  for (const LinePoint& point : Thin(line, 100)) {
    if (std::isnan(point.y)) {
      gap = true;
      EXPECT_GE(point.x, 400);
      EXPECT_LT(point.x, 600);
    }
  }
  EXPECT_TRUE(gap);
}

TEST(MeanOverTest, IsMeanAndSampleDeviationByHand) {
  const auto means = MeanOver({{{0, 1}, {1, 2}}, {{0, 3}, {1, 8}}});
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0].mean, 2);
  EXPECT_DOUBLE_EQ(means[0].deviation, std::sqrt(2.0));
  EXPECT_EQ(means[1].x, 1);
  EXPECT_EQ(means[1].mean, 5);
}

TEST(MeanOverTest, LeavesOutWhatNotAllRunsHave) {
  const auto means =
      MeanOver({{{0, 1}, {1, kNaN}, {2, 5}, {3, 7}}, {{0, 3}, {1, 8}, {2, 7}}});
  ASSERT_EQ(means.size(), 2u);
  EXPECT_EQ(means[0].x, 0);
  EXPECT_EQ(means[1].x, 2);
  EXPECT_EQ(means[1].mean, 6);
}

TEST(MeanOverTest, OfOneRunHasNoDeviation) {
  EXPECT_EQ(MeanOver({{{0, 4}}})[0].deviation, 0);
  EXPECT_TRUE(MeanOver({}).empty());
}

TEST(EveryTest, KeepsFirstAndLast) {
  std::vector<MeanPoint> points(1000);
  for (size_t i = 0; i < points.size(); ++i) points[i].x = i;
  const auto some = Every(points, 10);
  ASSERT_EQ(some.size(), 10u);
  EXPECT_EQ(some.front().x, 0);
  EXPECT_EQ(some.back().x, 999);
}

}  // namespace
}  // namespace snclr
