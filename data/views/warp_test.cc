// SPDX-License-Identifier: MIT
#include "data/views/warp.h"

#include <vector>

#include "data/views/golden_views.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

// The golden warps': ImageNet's mean as bytes.
constexpr float kFill[] = {124, 116, 104};

// 3 x 4 pixels, a ramp in each channel.
std::vector<float> Ramp() {
  std::vector<float> planes(36);
  for (size_t i = 0; i < planes.size(); ++i) planes[i] = 7.0f * i;
  return planes;
}

TEST(WarpTest, TheIdentityChangesNothing) {
  std::vector<float> planes = Ramp();
  Warp({}, kFill, 3, 4, planes.data());
  EXPECT_EQ(planes, Ramp());
}

TEST(WarpTest, AShiftByWholePixelsMovesThemAndFillsWhatComesIn) {
  std::vector<float> planes(36, 9);
  for (int64_t x = 0; x < 4; ++x) planes[x] = 10.0f * x;  // red, row 0
  AffineMap map;
  map.x0 = 1;
  Warp(map, kFill, 3, 4, planes.data());
  EXPECT_THAT(std::vector<float>(planes.begin(), planes.begin() + 4),
              ElementsAre(10, 20, 30, 124));
  EXPECT_THAT(std::vector<float>(planes.begin() + 12, planes.begin() + 16),
              ElementsAre(9, 9, 9, 116));
}

TEST(WarpTest, HalfAPixelIsTheCubicsWeightsByHand) {
  // -1/8, 5/8, 5/8, -1/8 for a = -1.
  std::vector<float> planes(3 * 8, 0);
  planes[3] = 80;
  AffineMap map;
  map.x0 = 0.5;
  Warp(map, kFill, 1, 8, planes.data());
  EXPECT_THAT(std::vector<float>(planes.begin(), planes.begin() + 7),
              ElementsAre(0, 0, 50, 50, 0, 0, 0))
      << "-10 is clamped to 0";
}

TEST(WarpTest, AQuarterTurnMovesPixelsCounterClockwise) {
  std::vector<float> planes(27, 0);
  for (int c = 0; c < 3; ++c) planes[9 * c + 2] = 90;  // top right
  Warp(Rotation(90, 3, 3), kFill, 3, 3, planes.data());
  std::vector<float> expected(27, 0);
  for (int c = 0; c < 3; ++c) expected[9 * c] = 90;  // top left
  EXPECT_THAT(planes, Pointwise(FloatNear(1e-3), expected));
}

// Pillow truncates once.
TEST(WarpTest, IsPillows) {
  for (const GoldenView& golden : GoldenViews("warp")) {
    SCOPED_TRACE(golden.operation().dump());
    AffineMap map;
    map.xy = golden.Number("xy");
    map.x0 = golden.Number("x0");
    map.yx = golden.Number("yx");
    map.y0 = golden.Number("y0");
    std::vector<float> planes = golden.Planes();
    Warp(map, kFill, golden.image().height, golden.image().width,
         planes.data());
    EXPECT_LE(golden.Farthest("pil", planes), 1);
  }
}

TEST(RotationTest, IsPillows) {
  for (const GoldenView& golden : GoldenViews("rotate")) {
    SCOPED_TRACE(golden.operation().dump());
    const int64_t height = golden.image().height, width = golden.image().width;
    std::vector<float> planes = golden.Planes();
    Warp(Rotation(golden.Number("degrees"), height, width), kFill, height,
         width, planes.data());
    EXPECT_LE(golden.Farthest("pil", planes), 1);
  }
}

}  // namespace
}  // namespace snclr
