// SPDX-License-Identifier: MIT
#include "data/views/blur.h"

#include <cmath>
#include <vector>

#include "data/views/golden_views.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

using Blur = void (*)(double sigma_px, int channels, int64_t height,
                      int64_t width, float* planes);

struct Moments {
  double total = 0, mean_x = 0, variance_x = 0, variance_y = 0;
};

// Of what a point of weight 1 becomes, far from any border.
Moments PointSpread(Blur blur, double sigma_px) {
  constexpr int kSide = 129, kMiddle = 64;
  std::vector<float> planes(3 * kSide * kSide);
  planes[kMiddle * kSide + kMiddle] = 1;
  blur(sigma_px, 3, kSide, kSide, planes.data());
  Moments moments;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const double weight = planes[y * kSide + x];
      moments.total += weight;
      moments.mean_x += weight * (x - kMiddle);
      moments.variance_x += weight * (x - kMiddle) * (x - kMiddle);
      moments.variance_y += weight * (y - kMiddle) * (y - kMiddle);
    }
  }
  return moments;
}

TEST(BlurTest, ThreeBoxesAreNearPillowsInEightBits) {
  for (const GoldenView& golden : GoldenViews("gaussian_blur")) {
    SCOPED_TRACE(golden.operation().dump());
    std::vector<float> planes = golden.Planes();
    BlurThreeBoxes(golden.Number("sigma"), 3, golden.image().height,
                   golden.image().width, planes.data());
    // Pillow rounds after each of six filters, half a level each.
    EXPECT_LE(golden.Farthest("pil", planes), 3);
    EXPECT_LE(golden.Mean("pil", planes), 0.5);
  }
}

TEST(BlurTest, Gaussian23IsTorchvisions) {
  int compared = 0;
  for (const GoldenView& golden : GoldenViews("gaussian_blur")) {
    if (!golden.Has("float")) continue;
    SCOPED_TRACE(golden.operation().dump());
    std::vector<float> planes = golden.Planes();
    BlurGaussian23(golden.Number("sigma"), 3, golden.image().height,
                   golden.image().width, planes.data());
    EXPECT_LE(golden.Farthest("float", planes), 1e-5 * 255);
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

TEST(BlurTest, ThreeBoxesHaveTheGaussiansVarianceAtEverySigma) {
  for (const double sigma : {0.1, 0.3, 0.8, 1.0, 1.99, 2.5, 7.3}) {
    const Moments moments = PointSpread(BlurThreeBoxes, sigma);
    EXPECT_NEAR(moments.total, 1, 1e-4) << sigma;
    EXPECT_NEAR(moments.mean_x, 0, 1e-4) << sigma;
    EXPECT_NEAR(moments.variance_x / (sigma * sigma), 1, 2e-4) << sigma;
    EXPECT_NEAR(moments.variance_y / (sigma * sigma), 1, 2e-4) << sigma;
  }
}

TEST(BlurTest, Gaussian23HasItsVariance) {
  for (const double sigma : {0.8, 1.0, 2.0}) {
    const Moments moments = PointSpread(BlurGaussian23, sigma);
    EXPECT_NEAR(moments.total, 1, 1e-5) << sigma;
    EXPECT_NEAR(moments.variance_x / (sigma * sigma), 1, 1e-3) << sigma;
    EXPECT_NEAR(moments.variance_y / (sigma * sigma), 1, 1e-3) << sigma;
  }
}

TEST(BlurTest, AConstantStaysConstantUpToTheBorderOfAnySize) {
  for (const Blur blur : {BlurThreeBoxes, BlurGaussian23}) {
    for (const int64_t height : {1, 2, 5, 12, 30}) {
      const int64_t width = 31 - height;
      std::vector<float> planes(3 * height * width, 99);
      blur(2, 3, height, width, planes.data());
      for (const float value : planes) ASSERT_NEAR(value, 99, 1e-3) << height;
    }
  }
}

TEST(BlurTest, BordersDifferAsTheirSourcesDo) {
  // A bright first column: replicated beyond the border it keeps more of its
  // light than mirrored, where only the dark columns are repeated.
  constexpr int64_t kSide = 16;
  std::vector<float> replicated(3 * kSide * kSide);
  for (int64_t i = 0; i < 3 * kSide; ++i) replicated[i * kSide] = 100;
  std::vector<float> mirrored = replicated;
  BlurThreeBoxes(1, 3, kSide, kSide, replicated.data());
  BlurGaussian23(1, 3, kSide, kSide, mirrored.data());
  EXPECT_NEAR(mirrored[0], 39.9, 0.1);  // the centre's weight alone
  EXPECT_GT(replicated[0], 60);         // that and all beyond
}

}  // namespace
}  // namespace snclr
