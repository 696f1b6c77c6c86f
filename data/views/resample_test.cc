// SPDX-License-Identifier: MIT
#include "data/views/resample.h"

#include <algorithm>
#include <vector>

#include "data/views/golden_views.h"
#include "gtest/gtest.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

Image Noise(int64_t height, int64_t width) {
  Random random(7, {0});
  Image image{height, width, std::vector<uint8_t>(3 * height * width)};
  for (uint8_t& value : image.pixels) value = random.Below(256);
  return image;
}

std::vector<float> Resampled(const Image& image, const ResizeAxis& rows,
                             const ResizeAxis& columns) {
  std::vector<float> out(3 * rows.count * columns.count);
  Resample(image, rows, columns, out.data());
  return out;
}

ResizeAxis Whole(int64_t length, int64_t resized) {
  return {0, length, resized, 0, resized, false};
}

TEST(ResampleTest, ResizedCropIsThePublishedOne) {
  for (const GoldenView& golden : GoldenViews("resized_crop")) {
    SCOPED_TRACE(golden.operation().dump());
    const int64_t size = golden.Int("size");
    const std::vector<float> out = Resampled(
        golden.image(),
        {golden.Int("top"), golden.Int("height"), size, 0, size, false},
        {golden.Int("left"), golden.Int("width"), size, 0, size, false});
    EXPECT_LE(golden.Farthest("float", out), 1e-5 * 255);
    EXPECT_LE(golden.Farthest("uint8", out), 1);
    EXPECT_LE(golden.Farthest("pil", out), 1);
  }
}

TEST(ResampleTest, MirroredColumnsAreTheHorizontalFlip) {
  for (const GoldenView& golden : GoldenViews("hflip")) {
    const int64_t height = golden.image().height;
    const int64_t width = golden.image().width;
    const std::vector<float> out =
        Resampled(golden.image(), Whole(height, height),
                  {0, width, width, 0, width, /*mirrored=*/true});
    EXPECT_EQ(golden.Farthest("uint8", out), 0);
  }
}

TEST(ResampleTest, TheSameSizeIsTheSameImage) {
  const Image image = Noise(13, 29);
  const std::vector<float> out = Resampled(image, Whole(13, 13), Whole(29, 29));
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], image.pixels[i]);
}

TEST(ResampleTest, HalfTheSizeByHand) {
  // Scale 2: the triangle of half width 2 around the middle of two pixels
  // weighs four of them 1, 3, 3, 1, and at the border only the last three: 3,
  // 3, 1.
  Image image{1, 4, {8, 16, 40, 80, 0, 0, 0, 0, 0, 0, 0, 0}};
  const std::vector<float> out = Resampled(image, Whole(1, 1), Whole(4, 2));
  EXPECT_NEAR(out[0], (3 * 8 + 3 * 16 + 40) / 7.0, 1e-4);
  EXPECT_NEAR(out[1], (16 + 3 * 40 + 3 * 80) / 7.0, 1e-4);
}

TEST(ResampleTest, AWindowIsThatPartOfTheWhole) {
  const Image image = Noise(40, 31);
  const std::vector<float> whole =
      Resampled(image, Whole(40, 24), Whole(31, 19));
  for (const bool mirrored : {false, true}) {
    const std::vector<float> window = Resampled(
        image, {0, 40, 24, 5, 11, false}, {0, 31, 19, 3, 9, mirrored});
    for (int channel = 0; channel < 3; ++channel) {
      for (int y = 0; y < 11; ++y) {
        for (int x = 0; x < 9; ++x) {
          const int column = 3 + (mirrored ? 8 - x : x);
          ASSERT_EQ(window[(channel * 11 + y) * 9 + x],
                    whole[(channel * 24 + 5 + y) * 19 + column]);
        }
      }
    }
  }
}

TEST(ResampleTest, NothingBeyondTheRectangleCounts) {
  Image image = Noise(30, 30);
  const ResizeAxis rows = {4, 20, 7, 0, 7, false};
  const ResizeAxis columns = {6, 9, 16, 0, 16, false};
  const std::vector<float> before = Resampled(image, rows, columns);
  for (int64_t y = 0; y < 30; ++y) {
    for (int64_t x = 0; x < 30; ++x) {
      const bool inside = y >= 4 && y < 24 && x >= 6 && x < 15;
      if (!inside) image.plane(1)[y * 30 + x] ^= 0xFF;
    }
  }
  EXPECT_EQ(Resampled(image, rows, columns), before);
}

TEST(ResampleTest, AConstantStaysConstantAtAnyScale) {
  const Image image{37, 53, std::vector<uint8_t>(3 * 37 * 53, 173)};
  for (const int64_t size : {1, 2, 36, 37, 100}) {
    for (const float value :
         Resampled(image, Whole(37, size), Whole(53, size))) {
      ASSERT_NEAR(value, 173, 1e-3) << size;
    }
  }
}

}  // namespace
}  // namespace snclr
