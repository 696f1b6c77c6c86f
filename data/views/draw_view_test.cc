// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "data/views/augment.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr uint64_t kSeed = 5;
constexpr int kDraws = 20000;
// Six standard deviations of a proportion near one half over kDraws.
constexpr double kProportion = 6 * 0.5 / 141.4;

ViewSpec Spec() {
  ViewSpec spec;
  const bool parsed = google::protobuf::TextFormat::ParseFromString(
      R"(crop { min_area: 0.08 max_area: 1
                min_aspect: 0.75 max_aspect: 1.3333333333333333 }
         jitter { probability: 0.8 brightness: 0.4 contrast: 0.4
                  saturation: 0.2 hue: 0.1 }
         grayscale_probability: 0.2
         blur { probability: 0.5 sigma_min_px: 0.1 sigma_max_px: 2
                kernel: THREE_BOXES }
         solarize { probability: 0.2 threshold: 128 }
         flip_probability: 0.5)",
      &spec);
  EXPECT_TRUE(parsed);
  return spec;
}

ViewParameters Draw(const ViewSpec& spec, int64_t index, int64_t height = 375,
                    int64_t width = 500) {
  return DrawView(spec, height, width, kSeed, /*epoch=*/3, index, /*view=*/1);
}

// Everything of a view, to be compared.
std::vector<double> Values(const ViewParameters& drawn) {
  std::vector<double> values = {
      double(drawn.top),       double(drawn.left),   double(drawn.height),
      double(drawn.width),     double(drawn.jitter), drawn.brightness,
      drawn.contrast,          drawn.saturation,     drawn.hue,
      double(drawn.grayscale), double(drawn.blur),   drawn.blur_sigma_px,
      double(drawn.solarize),  double(drawn.flip)};
  values.insert(values.end(), drawn.jitter_order, drawn.jitter_order + 4);
  return values;
}

TEST(DrawViewTest, RandAugmentAndErasingAreOffUnlessAskedForAndShareTheRest) {
  ViewSpec with = Spec();
  with.mutable_erase()->set_probability(0.25);
  with.mutable_rand_augment()->set_operations(2);
  with.mutable_rand_augment()->set_probability(0.5);
  int erased = 0, augmented = 0;
  for (int64_t index = 0; index < 2000; ++index) {
    const ViewParameters plain = Draw(Spec(), index);
    const ViewParameters drawn = Draw(with, index);
    EXPECT_EQ(Values(plain), Values(drawn));
    EXPECT_FALSE(plain.erase);
    EXPECT_EQ(plain.rand_augment.count, 0);
    erased += drawn.erase;
    augmented += drawn.rand_augment.count;
  }
  EXPECT_NEAR(erased, 500, 6 * 19.4);
  EXPECT_NEAR(augmented, 2000, 6 * 31.7);
}

TEST(DrawViewTest, IsAFunctionOfSeedEpochIndexAndView) {
  const ViewSpec spec = Spec();
  const auto draw = [&](uint64_t seed, int64_t epoch, int64_t index, int view) {
    return Values(DrawView(spec, 375, 500, seed, epoch, index, view));
  };
  EXPECT_EQ(draw(1, 2, 3, 1), draw(1, 2, 3, 1));
  EXPECT_NE(draw(1, 2, 3, 1), draw(2, 2, 3, 1));
  EXPECT_NE(draw(1, 2, 3, 1), draw(1, 1, 3, 1));
  EXPECT_NE(draw(1, 2, 3, 1), draw(1, 2, 4, 1));
  EXPECT_NE(draw(1, 2, 3, 1), draw(1, 2, 3, 2));
}

TEST(DrawViewTest, AChangedProbabilityOrRangeLeavesAllOtherDraws) {
  const ViewSpec spec = Spec();
  ViewSpec changed = spec;
  changed.mutable_jitter()->set_probability(0);
  changed.mutable_jitter()->set_hue(0.4);
  changed.set_grayscale_probability(1);
  changed.mutable_blur()->set_probability(1);
  for (int64_t index = 0; index < 200; ++index) {
    const ViewParameters before = Draw(spec, index);
    ViewParameters after = Draw(changed, index);
    EXPECT_NEAR(after.hue, 4 * before.hue, 1e-6);
    after.jitter = before.jitter;
    after.hue = before.hue;
    after.grayscale = before.grayscale;
    after.blur = before.blur;
    ASSERT_EQ(Values(before), Values(after));
  }
}

TEST(DrawViewTest, ACropThatNeedsMoreTriesLeavesAllOtherDraws) {
  const ViewSpec spec = Spec();
  for (int64_t index = 0; index < 200; ++index) {
    const ViewParameters wide = Draw(spec, index, 100, 900);
    const ViewParameters even = Draw(spec, index, 900, 900);
    ASSERT_EQ(wide.brightness, even.brightness);
    ASSERT_EQ(wide.flip, even.flip);
  }
}

TEST(DrawViewTest, ProbabilitiesZeroAndOneAreNeverAndAlways) {
  for (const double probability : {0.0, 1.0}) {
    ViewSpec spec = Spec();
    spec.mutable_jitter()->set_probability(probability);
    spec.set_grayscale_probability(probability);
    spec.mutable_blur()->set_probability(probability);
    spec.mutable_solarize()->set_probability(probability);
    spec.set_flip_probability(probability);
    for (int64_t index = 0; index < 2000; ++index) {
      const ViewParameters drawn = Draw(spec, index);
      ASSERT_EQ(drawn.jitter, probability == 1);
      ASSERT_EQ(drawn.grayscale, probability == 1);
      ASSERT_EQ(drawn.blur, probability == 1);
      ASSERT_EQ(drawn.solarize, probability == 1);
      ASSERT_EQ(drawn.flip, probability == 1);
    }
  }
}

TEST(DrawViewTest, ProbabilitiesAreFrequencies) {
  const ViewSpec spec = Spec();
  double jitter = 0, grayscale = 0, blur = 0, solarize = 0, flip = 0;
  for (int64_t index = 0; index < kDraws; ++index) {
    const ViewParameters drawn = Draw(spec, index);
    jitter += drawn.jitter;
    grayscale += drawn.grayscale;
    blur += drawn.blur;
    solarize += drawn.solarize;
    flip += drawn.flip;
  }
  EXPECT_NEAR(jitter / kDraws, 0.8, kProportion);
  EXPECT_NEAR(grayscale / kDraws, 0.2, kProportion);
  EXPECT_NEAR(blur / kDraws, 0.5, kProportion);
  EXPECT_NEAR(solarize / kDraws, 0.2, kProportion);
  EXPECT_NEAR(flip / kDraws, 0.5, kProportion);
}

TEST(DrawViewTest, FactorsFillTheirRanges) {
  ViewSpec spec = Spec();
  spec.mutable_jitter()->set_contrast(1.5);  // from 0, not from -0.5
  std::vector<double> brightness, contrast, hue, sigma;
  for (int64_t index = 0; index < kDraws; ++index) {
    const ViewParameters drawn = Draw(spec, index);
    brightness.push_back(drawn.brightness);
    contrast.push_back(drawn.contrast);
    hue.push_back(drawn.hue);
    sigma.push_back(drawn.blur_sigma_px);
  }
  const auto expect_range = [](std::vector<double>& values, double low,
                               double high) {
    std::sort(values.begin(), values.end());
    const double width = high - low;
    EXPECT_GE(values.front(), low - 1e-6);
    EXPECT_LE(values.back(), high + 1e-6);
    for (const double part :
         {0.0, 0.25, 0.5, 0.75}) {  // uniform: its quantiles
      EXPECT_NEAR(values[part * values.size()], low + part * width,
                  kProportion * width);
    }
  };
  expect_range(brightness, 0.6, 1.4);
  expect_range(contrast, 0, 2.5);
  expect_range(hue, -0.1, 0.1);
  expect_range(sigma, 0.1, 2);
}

TEST(DrawViewTest, AllOrdersOfTheJitterAreEquallyLikely) {
  const ViewSpec spec = Spec();
  std::map<std::string, int> count;
  for (int64_t index = 0; index < kDraws; ++index) {
    const ViewParameters drawn = Draw(spec, index);
    std::string order;
    for (const int operation : drawn.jitter_order) order += '0' + operation;
    ++count[order];
  }
  EXPECT_EQ(count.size(), 24u);
  for (const auto& [order, times] : count) {
    EXPECT_NEAR(times / double(kDraws), 1 / 24.0, 0.01) << order;
  }
}

TEST(DrawViewTest, CropsLieInTheImageAndReachItsBorders) {
  const ViewSpec spec = Spec();
  bool at_top = false, at_bottom = false, at_left = false, at_right = false;
  for (int64_t index = 0; index < kDraws; ++index) {
    const ViewParameters drawn = Draw(spec, index, 33, 41);
    ASSERT_GT(drawn.height, 0);
    ASSERT_GT(drawn.width, 0);
    ASSERT_GE(drawn.top, 0);
    ASSERT_GE(drawn.left, 0);
    ASSERT_LE(drawn.top + drawn.height, 33);
    ASSERT_LE(drawn.left + drawn.width, 41);
    const bool small = drawn.height < 20 && drawn.width < 20;
    at_top |= small && drawn.top == 0;
    at_left |= small && drawn.left == 0;
    at_bottom |= small && drawn.top + drawn.height == 33;
    at_right |= small && drawn.left + drawn.width == 41;
  }
  EXPECT_TRUE(at_top && at_bottom && at_left && at_right);
}

// Small crops always fit, so nothing is refused and the distributions are
// plain.
TEST(DrawViewTest, AreaIsUniformAndAspectLogUniform) {
  ViewSpec spec = Spec();
  spec.mutable_crop()->set_min_area(0.1);
  spec.mutable_crop()->set_max_area(0.5);
  std::vector<double> areas, log_aspects;
  for (int64_t index = 0; index < kDraws; ++index) {
    const ViewParameters drawn = Draw(spec, index, 1000, 1000);
    areas.push_back(drawn.height * drawn.width / 1e6);
    log_aspects.push_back(std::log(double(drawn.width) / drawn.height));
  }
  std::sort(areas.begin(), areas.end());
  std::sort(log_aspects.begin(), log_aspects.end());
  const double widest = std::log(4 / 3.0);
  for (const double part : {0.0, 0.1, 0.5, 0.9}) {
    EXPECT_NEAR(areas[part * kDraws], 0.1 + 0.4 * part, 0.4 * kProportion);
    EXPECT_NEAR(log_aspects[part * kDraws], widest * (2 * part - 1),
                2 * widest * kProportion);
  }
}

TEST(DrawViewTest, WhereNoCropFitsTheLargestCentredOneIsTaken) {
  ViewSpec spec = Spec();
  spec.mutable_crop()->set_min_area(0.9);
  const ViewParameters wide = Draw(spec, 0, 30, 900);
  EXPECT_EQ(wide.height, 30);
  EXPECT_EQ(wide.width, 40);
  EXPECT_EQ(wide.top, 0);
  EXPECT_EQ(wide.left, 430);
  const ViewParameters tall = Draw(spec, 0, 900, 30);
  EXPECT_EQ(tall.height, 40);
  EXPECT_EQ(tall.width, 30);
  EXPECT_EQ(tall.top, 430);
  EXPECT_EQ(tall.left, 0);
}

TEST(DrawViewTest, TheWholeImageIsACropOfAreaAndAspectOne) {
  ViewSpec spec = Spec();
  spec.mutable_crop()->set_min_area(1);
  spec.mutable_crop()->set_min_aspect(1);
  spec.mutable_crop()->set_max_aspect(1);
  const ViewParameters drawn = Draw(spec, 0, 77, 77);
  EXPECT_EQ(drawn.height, 77);
  EXPECT_EQ(drawn.width, 77);
}

}  // namespace
}  // namespace snclr
