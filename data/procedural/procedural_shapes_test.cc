// SPDX-License-Identifier: MIT
#include "data/procedural/procedural_shapes.h"

#include <cmath>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace snclr {
namespace {

// The share of a square of this half side, on a fine grid, where the distance
// is negative.
template <typename Distance>
double Inside(double half_side, const Distance& distance) {
  constexpr int kSteps = 1000;
  int64_t inside = 0;
  for (int row = 0; row < kSteps; ++row) {
    for (int column = 0; column < kSteps; ++column) {
      const double x = half_side * (2 * (column + 0.5) / kSteps - 1);
      const double y = half_side * (2 * (row + 0.5) / kSteps - 1);
      inside += distance(x, y) < 0;
    }
  }
  return inside / double(kSteps * kSteps);
}

TEST(ProceduralShapesTest, AllShapesHaveTheAreaOfTheUnitDisc) {
  for (int shape = 0; shape < kShapes; ++shape) {
    const double area = 36 * Inside(3, [&](float x, float y) {
                          return ShapeDistance(shape, x, y);
                        });
    EXPECT_NEAR(area / M_PI, 1, 0.01) << ShapeName(shape);
  }
}

TEST(ProceduralShapesTest, InkCoversHalfOfEveryTexture) {
  for (int texture = 0; texture < kTextures; ++texture) {
    const double share = Inside(20.37, [&](float x, float y) {
      return TextureDistance(texture, x, y);
    });
    EXPECT_NEAR(share, 0.5, 0.02) << TextureName(texture);
  }
}

// What is drawn a pixel wide around an edge must not be wider than that: from
// one point to another a distance changes by no more than the way between them.
TEST(ProceduralShapesTest, NoDistanceChangesFasterThanTheWay) {
  constexpr float kWay = 1e-2f;
  for (int shape = 0; shape < kShapes; ++shape) {
    for (float y = -2; y < 2; y += 0.0371f) {
      for (float x = -2; x < 2; x += 0.0371f) {
        const float change =
            ShapeDistance(shape, x + 0.6f * kWay, y + 0.8f * kWay) -
            ShapeDistance(shape, x, y);
        // Only what is near the edge is drawn by it; the flower's is not exact.
        if (std::abs(ShapeDistance(shape, x, y)) > 0.1f) continue;
        ASSERT_LE(std::abs(change), 1.3f * kWay)
            << ShapeName(shape) << " at " << x << ", " << y;
      }
    }
  }
}

TEST(ProceduralShapesTest, NamesAreDistinct) {
  std::set<std::string> names;
  for (int shape = 0; shape < kShapes; ++shape) names.insert(ShapeName(shape));
  for (int texture = 0; texture < kTextures; ++texture) {
    names.insert(TextureName(texture));
  }
  EXPECT_EQ(names.size(), size_t{kShapes + kTextures});
}

}  // namespace
}  // namespace snclr
