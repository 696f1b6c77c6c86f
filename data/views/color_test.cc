// SPDX-License-Identifier: MIT
#include "data/views/color.h"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "data/views/golden_views.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

// In units of 1/255. Floats: the order in which sums are made.
constexpr double kFloat = 1e-5 * 255;
constexpr double kFloatHue = 1e-4 * 255;
// The 8-bit forms round or truncate once.
constexpr double kBytes = 1;

using Operation = std::function<void(const GoldenView&, float*)>;

void ExpectGolden(const std::string& name, const Operation& operation,
                  double float_tolerance = kFloat) {
  for (const GoldenView& golden : GoldenViews(name)) {
    SCOPED_TRACE(golden.operation().dump());
    std::vector<float> planes = golden.Planes();
    operation(golden, planes.data());
    if (golden.Has("float")) {
      EXPECT_LE(golden.Farthest("float", planes), float_tolerance);
    }
    EXPECT_LE(golden.Farthest("uint8", planes), kBytes);
    if (name != "hue") EXPECT_LE(golden.Farthest("pil", planes), kBytes);
  }
}

TEST(ColorTest, BrightnessIsThePublishedOne) {
  ExpectGolden("brightness", [](const GoldenView& golden, float* planes) {
    AdjustBrightness(golden.Number("factor"), golden.pixels(), planes);
  });
}

TEST(ColorTest, ContrastIsThePublishedOne) {
  ExpectGolden("contrast", [](const GoldenView& golden, float* planes) {
    AdjustContrast(golden.Number("factor"), golden.pixels(), planes);
  });
}

TEST(ColorTest, SaturationIsThePublishedOne) {
  ExpectGolden("saturation", [](const GoldenView& golden, float* planes) {
    AdjustSaturation(golden.Number("factor"), golden.pixels(), planes);
  });
}

TEST(ColorTest, HueIsThePublishedOne) {
  ExpectGolden(
      "hue",
      [](const GoldenView& golden, float* planes) {
        ShiftHue(golden.Number("factor"), golden.pixels(), planes);
      },
      kFloatHue);
}

TEST(ColorTest, HueIsNearPillowsEightBitHue) {
  for (const GoldenView& golden : GoldenViews("hue")) {
    SCOPED_TRACE(golden.operation().dump());
    std::vector<float> planes = golden.Planes();
    ShiftHue(golden.Number("factor"), golden.pixels(), planes.data());
    // torchvision's own floats, which ours equal, are as far from it.
    EXPECT_LE(golden.Farthest("pil", planes), 9);
    EXPECT_LE(golden.Mean("pil", planes), 0.9);
  }
}

TEST(ColorTest, GrayscaleIsThePublishedOne) {
  ExpectGolden("rgb_to_grayscale", [](const GoldenView& golden, float* planes) {
    Grayscale(golden.pixels(), planes);
  });
}

TEST(ColorTest, SolarizeIsThePublishedOneExactly) {
  for (const GoldenView& golden : GoldenViews("solarize")) {
    std::vector<float> planes = golden.Planes();
    Solarize(golden.Number("threshold_uint8"), 3 * golden.pixels(),
             planes.data());
    EXPECT_EQ(golden.Farthest("uint8", planes), 0);
    EXPECT_EQ(golden.Farthest("pil", planes), 0);
  }
}

TEST(ColorTest, NormalizeIsThePublishedOne) {
  for (const GoldenView& golden : GoldenViews("normalize")) {
    std::vector<float> planes = golden.Planes();
    for (int channel = 0; channel < 3; ++channel) {
      Normalize(golden.operation().at("mean").at(channel),
                golden.operation().at("std").at(channel), golden.pixels(),
                planes.data() + channel * golden.pixels());
    }
    const std::vector<double> expected = golden.Expected("float");
    for (size_t i = 0; i < planes.size(); ++i) {
      ASSERT_NEAR(planes[i], expected[i], 1e-5);
    }
  }
}

TEST(ColorTest, SolarizeAtZeroInvertsAllAndAt256Nothing) {
  std::vector<float> planes = {0, 100, 255};
  Solarize(256, 3, planes.data());
  EXPECT_EQ(planes, (std::vector<float>{0, 100, 255}));
  Solarize(0, 3, planes.data());
  EXPECT_EQ(planes, (std::vector<float>{255, 155, 0}));
}

TEST(ColorTest, AThirdOfATurnMakesRedGreen) {
  std::vector<float> planes = {200, 50, 50};
  ShiftHue(1 / 3.f, 1, planes.data());
  EXPECT_NEAR(planes[0], 50, 1e-3);
  EXPECT_NEAR(planes[1], 200, 1e-3);
  EXPECT_NEAR(planes[2], 50, 1e-3);
}

TEST(ColorTest, HueThereAndBackIsWhereItWas) {
  const std::vector<float> before = {10, 250, 97, 40, 97, 3, 240, 97, 180};
  for (const float turns : {-0.5f, -0.1f, 0.01f, 0.25f, 0.49f}) {
    std::vector<float> planes = before;
    ShiftHue(turns, 3, planes.data());
    ShiftHue(-turns, 3, planes.data());
    for (size_t i = 0; i < planes.size(); ++i) {
      EXPECT_NEAR(planes[i], before[i], 1e-3) << turns;
    }
  }
}

TEST(ColorTest, GreyHasNoHueToTurn) {
  std::vector<float> planes = {0, 97, 255, 0, 97, 255, 0, 97, 255};
  const std::vector<float> before = planes;
  ShiftHue(0.2f, 3, planes.data());
  EXPECT_EQ(planes, before);
}

TEST(ColorTest, NoContrastIsTheMeanOfTheGreyImage) {
  std::vector<float> planes = {10, 20, 30, 40, 50, 60};  // two pixels
  AdjustContrast(0, 2, planes.data());
  const double mean = 0.2989 * 15 + 0.587 * 35 + 0.114 * 55;
  for (const float value : planes) EXPECT_NEAR(value, mean, 1e-4);
}

TEST(ColorTest, TheMeanOfManyPixelsIsExactEnough) {
  // Adding a million values one by one in float would be off by far more.
  constexpr int64_t kPixels = 1000003;
  std::vector<float> planes(3 * kPixels, 201);
  AdjustContrast(0, kPixels, planes.data());
  EXPECT_NEAR(planes[0], 201 * 0.9999, 1e-3);
}

TEST(ColorTest, ResultsStayInRange) {
  const std::vector<float> before = {250, 3, 120, 5, 240, 110, 200, 90, 0};
  std::vector<float> planes = before;
  AdjustBrightness(3, 3, planes.data());
  AdjustContrast(5, 3, planes.data());
  AdjustSaturation(4, 3, planes.data());
  for (const float value : planes) {
    EXPECT_GE(value, 0);
    EXPECT_LE(value, 255);
  }
}

}  // namespace
}  // namespace snclr
