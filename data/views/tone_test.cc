// SPDX-License-Identifier: MIT
#include "data/views/tone.h"

#include <functional>
#include <string>
#include <vector>

#include "data/views/golden_views.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// The first of three planes; the others are 0 and 255.
std::vector<float> Plane(std::vector<float> first,
                         const std::function<void(int64_t, float*)>& change) {
  const int64_t pixels = first.size();
  first.resize(2 * pixels, 0);
  first.resize(3 * pixels, 255);
  change(pixels, first.data());
  return {first.begin(), first.begin() + pixels};
}

// Pillow rounds or truncates once.
void ExpectPillows(
    const std::string& name,
    const std::function<void(const GoldenView&, float*)>& operation) {
  for (const GoldenView& golden : GoldenViews(name)) {
    SCOPED_TRACE(golden.operation().dump());
    std::vector<float> planes = golden.Planes();
    operation(golden, planes.data());
    EXPECT_LE(golden.Farthest("pil", planes), 1);
  }
}

TEST(AutoContrastTest, StretchesEachChannelByItself) {
  EXPECT_THAT(Plane({10, 20, 40, 60}, AutoContrast),
              ElementsAre(0, 51, 153, 255));
  EXPECT_THAT(Plane({7, 7, 7}, AutoContrast), Each(7)) << "nothing to stretch";
}

TEST(AutoContrastTest, IsPillows) {
  ExpectPillows("autocontrast", [](const GoldenView& golden, float* planes) {
    AutoContrast(golden.pixels(), planes);
  });
}

TEST(EqualizeTest, SpreadsTonesByTheirShareOfPixels) {
  // 255 pixels of 9, 255 of 10, 100 of 11: room for 510 / 255 = 2 pixels a
  // tone.
  std::vector<float> first(255, 9);
  first.resize(510, 10);
  first.resize(610, 11);
  const std::vector<float> spread = Plane(first, Equalize);
  EXPECT_EQ(spread[0], 0);      // (1 + 0) / 2
  EXPECT_EQ(spread[300], 128);  // (1 + 255) / 2
  EXPECT_EQ(spread[600], 255);  // (1 + 510) / 2
  EXPECT_THAT(Plane({3, 4, 5}, Equalize), ElementsAre(3, 4, 5))
      << "too few pixels to spread";
}

TEST(EqualizeTest, IsPillows) {
  for (const GoldenView& golden : GoldenViews("equalize")) {
    std::vector<float> planes = golden.Planes();
    Equalize(golden.pixels(), planes.data());
    EXPECT_EQ(golden.Farthest("pil", planes), 0);
  }
}

TEST(PosterizeTest, KeepsTheHighestBitsOfRoundedTones) {
  const auto to = [](int bits) {
    return [bits](int64_t pixels, float* planes) {
      Posterize(bits, pixels, planes);
    };
  };
  EXPECT_THAT(Plane({0, 63.6, 200, 255}, to(2)), ElementsAre(0, 64, 192, 192));
  EXPECT_THAT(Plane({3, 255}, to(0)), Each(0));
  EXPECT_THAT(Plane({3, 255}, to(8)), ElementsAre(3, 255));
}

TEST(PosterizeTest, IsPillows) {
  for (const GoldenView& golden : GoldenViews("posterize")) {
    std::vector<float> planes = golden.Planes();
    Posterize(golden.Int("bits"), golden.pixels(), planes.data());
    EXPECT_EQ(golden.Farthest("pil", planes), 0) << golden.operation();
  }
}

TEST(SolarizeAddTest, RaisesDarkTonesOnly) {
  EXPECT_THAT(Plane({0, 100, 127.5, 128, 200},
                    [](int64_t pixels, float* planes) {
                      SolarizeAdd(150, 128, pixels, planes);
                    }),
              ElementsAre(150, 250, 255, 128, 200));
}

TEST(SolarizeAddTest, IsPillows) {
  ExpectPillows("solarize_add", [](const GoldenView& golden, float* planes) {
    SolarizeAdd(golden.Number("add"), 128, golden.pixels(), planes);
  });
}

TEST(AdjustSharpnessTest, MovesTheMiddleAwayFromItsMeanAndNotTheBorder) {
  const auto sharpened = [](float factor) {
    return Plane({0, 0, 0, 0, 26, 0, 0, 0, 0},
                 [factor](int64_t, float* planes) {
                   AdjustSharpness(factor, 3, 3, planes);
                 });
  };
  // The mean is 5 x 26 / 13 = 10.
  EXPECT_THAT(sharpened(0), ElementsAre(0, 0, 0, 0, 10, 0, 0, 0, 0));
  EXPECT_THAT(sharpened(1), ElementsAre(0, 0, 0, 0, 26, 0, 0, 0, 0));
  EXPECT_THAT(sharpened(2), ElementsAre(0, 0, 0, 0, 42, 0, 0, 0, 0));
}

TEST(AdjustSharpnessTest, IsPillows) {
  ExpectPillows("sharpness", [](const GoldenView& golden, float* planes) {
    AdjustSharpness(golden.Number("factor"), golden.image().height,
                    golden.image().width, planes);
  });
}

}  // namespace
}  // namespace snclr
