// SPDX-License-Identifier: MIT
#include "data/views/augment.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "data/views/color.h"
#include "data/views/golden_views.h"
#include "data/views/resample.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

const char kViewSpec[] = R"(
  crop { min_area: 0.2 max_area: 1 min_aspect: 0.75 max_aspect: 1.3333 }
  jitter { probability: 0.8 brightness: 0.4 contrast: 0.4 saturation: 0.2
           hue: 0.1 }
  grayscale_probability: 0.2
  blur { probability: 0.5 sigma_min_px: 0.1 sigma_max_px: 2
         kernel: THREE_BOXES }
  solarize { probability: 0.2 threshold: 128 }
  flip_probability: 0.5)";

const char kNormalize[] = R"(
  mean { red: 0.485 green: 0.456 blue: 0.406 }
  std { red: 0.229 green: 0.224 blue: 0.225 })";

// Leaves [0, 255] as [0, 1].
const char kNoNormalize[] = R"(
  mean { red: 0 green: 0 blue: 0 } std { red: 1 green: 1 blue: 1 })";

Image Noise(int64_t height, int64_t width, uint64_t seed = 7) {
  Random random(seed, {0});
  Image image{height, width, std::vector<uint8_t>(3 * height * width)};
  for (uint8_t& value : image.pixels) value = random.Below(256);
  return image;
}

std::vector<float> View(const ViewSpec& spec, const ViewParameters& drawn,
                        const Image& image, int64_t side_px,
                        const char* normalize = kNoNormalize) {
  std::vector<float> out(3 * side_px * side_px);
  ApplyView(spec, Parse<NormalizeSpec>(normalize), drawn, image, side_px,
            out.data());
  return out;
}

std::vector<float> EvalView(double resize_ratio, const Image& image,
                            int64_t side_px) {
  EvalViewSpec spec;
  spec.set_resize_ratio(resize_ratio);
  std::vector<float> out(3 * side_px * side_px);
  ApplyEvalView(spec, Parse<NormalizeSpec>(kNoNormalize), image, side_px,
                out.data());
  return out;
}

ViewParameters GoldenParameters(const GoldenView& golden) {
  ViewParameters drawn;
  drawn.top = golden.Int("top");
  drawn.left = golden.Int("left");
  drawn.height = golden.Int("height");
  drawn.width = golden.Int("width");
  drawn.jitter = true;
  for (int i = 0; i < 4; ++i) {
    drawn.jitter_order[i] = golden.operation().at("jitter_order").at(i);
  }
  drawn.brightness = golden.Number("brightness");
  drawn.contrast = golden.Number("contrast");
  drawn.saturation = golden.Number("saturation");
  drawn.hue = golden.Number("hue");
  drawn.grayscale = golden.operation().at("grayscale");
  drawn.blur = true;
  drawn.blur_sigma_px = golden.Number("sigma");
  drawn.solarize = golden.operation().at("solarize");
  drawn.flip = golden.operation().at("hflip");
  return drawn;
}

TEST(ApplyViewTest, TheWholeRecipeIsNearThePublishedOneInEightBits) {
  for (const GoldenView& golden : GoldenViews("recipe")) {
    SCOPED_TRACE(golden.operation().dump());
    std::vector<float> out =
        View(Parse<ViewSpec>(kViewSpec), GoldenParameters(golden),
             golden.image(), golden.Int("size"));
    for (float& value : out) value *= 255;
    // A pixel on the other side of the solarize threshold is far away, so only
    // the mean says something.
    EXPECT_LT(golden.Mean("pil", out), 2);
  }
}

TEST(ApplyViewTest, NormalizesEachChannelByItsOwnMeanAndDeviation) {
  ViewParameters drawn;
  drawn.height = drawn.width = 9;
  const Image image = Noise(9, 9);
  const auto out =
      View(Parse<ViewSpec>(kViewSpec), drawn, image, 9, kNormalize);
  const double mean[] = {0.485, 0.456, 0.406}, std[] = {0.229, 0.224, 0.225};
  for (int i = 0; i < 3 * 81; ++i) {
    const double wanted =
        (image.pixels[i] / 255.0 - mean[i / 81]) / std[i / 81];
    ASSERT_NEAR(out[i], wanted, 1e-5);
  }
}

TEST(ApplyViewTest, OperationsThatWereNotDrawnDoNothing) {
  ViewParameters drawn;  // factors that would show, but no gate open
  drawn.height = drawn.width = 16;
  drawn.brightness = 0.1f;
  drawn.hue = 0.5f;
  drawn.blur_sigma_px = 3;
  const Image image = Noise(16, 16);
  const auto out = View(Parse<ViewSpec>(kViewSpec), drawn, image, 16);
  for (size_t i = 0; i < out.size(); ++i) {
    ASSERT_NEAR(out[i], image.pixels[i] / 255.0, 1e-6);
  }
}

TEST(ApplyViewTest, AFlippedViewIsTheMirrorOfTheOther) {
  const ViewSpec spec = Parse<ViewSpec>(kViewSpec);
  const Image image = Noise(40, 60);
  ViewParameters drawn = DrawView(spec, 40, 60, 1, 0, 0, 1);
  drawn.jitter = drawn.blur = drawn.solarize = true;
  drawn.blur_sigma_px = 1.3f;
  drawn.flip = false;
  const auto straight = View(spec, drawn, image, 24);
  drawn.flip = true;
  const auto flipped = View(spec, drawn, image, 24);
  for (int row = 0; row < 3 * 24; ++row) {
    for (int x = 0; x < 24; ++x) {
      // The contrast's mean is summed from the other end.
      ASSERT_NEAR(flipped[row * 24 + x], straight[row * 24 + 23 - x], 1e-5);
    }
  }
}

TEST(ApplyViewTest, JitterFollowsItsOrder) {
  const ViewSpec spec = Parse<ViewSpec>(kViewSpec);
  const Image image = Noise(8, 8);
  ViewParameters drawn;
  drawn.height = drawn.width = 8;
  drawn.jitter = true;
  drawn.brightness = 1.4f;
  drawn.saturation = 0;
  const auto brightened_first = View(spec, drawn, image, 8);  // 0, 1, 2, 3
  std::swap(drawn.jitter_order[0], drawn.jitter_order[2]);
  const auto greyed_first = View(spec, drawn, image, 8);
  std::vector<float> wanted(image.pixels.begin(), image.pixels.end());
  AdjustSaturation(0, 64, wanted.data());
  AdjustBrightness(1.4f, 64, wanted.data());
  for (size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_NEAR(greyed_first[i], wanted[i] / 255, 1e-6);
  }
  EXPECT_NE(brightened_first, greyed_first);
}

TEST(ApplyViewTest, ThreadsDoNotDisturbEachOther) {
  const ViewSpec spec = Parse<ViewSpec>(kViewSpec);
  const auto make = [&](int64_t index) {
    const Image image = Noise(20 + index % 30, 50 - index % 17, index);
    const int64_t side_px = 8 + index % 25;
    return View(spec, DrawView(spec, image.height, image.width, 1, 0, index, 1),
                image, side_px);
  };
  constexpr int64_t kViews = 200;
  std::vector<std::vector<float>> alone(kViews), together(kViews);
  for (int64_t i = 0; i < kViews; ++i) alone[i] = make(i);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = kViews - 1 - t; i >= 0; i -= 4) together[i] = make(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(alone, together);
}

TEST(ApplyEvalViewTest, AnImageOfTheRightSizeIsItself) {
  const Image image = Noise(32, 32);
  const auto out = EvalView(1, image, 32);
  for (size_t i = 0; i < out.size(); ++i) {
    ASSERT_NEAR(out[i], image.pixels[i] / 255.0, 1e-6);
  }
}

// Short side 24 -> 16, so 37 -> 24; of 16 x 24 the middle 14 x 14 begins at
// row 1 and column 5.
TEST(ApplyEvalViewTest, ResizesTheShortSideAndTakesTheMiddle) {
  const Image wide = Noise(24, 37);
  std::vector<float> whole(3 * 16 * 24);
  Resample(wide, {0, 24, 16, 0, 16, false}, {0, 37, 24, 0, 24, false},
           whole.data());
  const auto out = EvalView(8 / 7.0, wide, 14);
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < 14; ++y) {
      for (int x = 0; x < 14; ++x) {
        ASSERT_NEAR(out[(channel * 14 + y) * 14 + x],
                    whole[(channel * 16 + 1 + y) * 24 + 5 + x] / 255, 1e-6);
      }
    }
  }
}

TEST(ApplyEvalViewTest, TallImagesAreWideOnesTurned) {
  const Image wide = Noise(20, 33);
  Image tall{33, 20, std::vector<uint8_t>(wide.pixels.size())};
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < 33; ++y) {
      for (int x = 0; x < 20; ++x) {
        tall.plane(channel)[y * 20 + x] = wide.plane(channel)[x * 33 + y];
      }
    }
  }
  const auto from_wide = EvalView(1.2, wide, 12);
  const auto from_tall = EvalView(1.2, tall, 12);
  for (int i = 0; i < 3 * 144; ++i) {
    const int channel = i / 144, y = i / 12 % 12, x = i % 12;
    ASSERT_NEAR(from_tall[i], from_wide[channel * 144 + x * 12 + y], 1e-5);
  }
}

}  // namespace
}  // namespace snclr
