// SPDX-License-Identifier: MIT
// Batches of views against ApplyView, bit for bit: the stages on the CPU, and,
// where there is one, on a GPU.
#include "data/device_views/device_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/device_views/view_stages.h"
#include "data/views/augment.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

constexpr uint64_t kSeed = 5;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Every operation happens and does not happen among a few dozen views.
ViewSpec Spec(const std::string& blur_kernel) {
  return Parse<ViewSpec>(
      "crop { min_area: 0.05 max_area: 1 min_aspect: 0.75 max_aspect: 1.3333 }"
      "jitter { probability: 0.8 brightness: 0.8 contrast: 0.8 saturation: 0.4"
      "         hue: 0.3 }"
      "grayscale_probability: 0.3 "
      "blur { probability: 0.5 sigma_min_px: 0.1 sigma_max_px: 4 kernel: " +
      blur_kernel +
      "} solarize { probability: 0.4 threshold: 128 } flip_probability: 0.5");
}

NormalizeSpec Normalization() {
  return Parse<NormalizeSpec>(
      "mean { red: 0.485 green: 0.456 blue: 0.406 }"
      "std { red: 0.229 green: 0.224 blue: 0.225 }");
}

Image Noise(int64_t height, int64_t width, uint64_t seed) {
  Random random(seed, {0});
  Image image{height, width, std::vector<uint8_t>(3 * height * width)};
  for (uint8_t& value : image.pixels) value = random.Below(256);
  return image;
}

// Two views each of images of several sizes, smaller and larger than the views,
// and what the CPU's loops make of them.
struct Example {
  Example(int64_t images, int64_t side_px) : batch(side_px) {
    const NormalizeSpec normalize = Normalization();
    expected = at::empty({2 * images, 3, side_px, side_px}, at::kFloat);
    float* out = expected.data_ptr<float>();
    for (int64_t i = 0; i < images; ++i) {
      const Image image = Noise(17 + 13 * (i % 9), 90 - 8 * (i % 10), i);
      const int64_t pixels = batch.AddImage(image);
      for (const int view : {1, 2}) {
        const ViewSpec spec = Spec(view == 1 ? "THREE_BOXES" : "GAUSSIAN_23");
        const ViewParameters drawn = DrawView(spec, image.height, image.width,
                                              kSeed, /*epoch=*/0, i, view);
        batch.AddView(spec, normalize, drawn, {image.height, image.width},
                      pixels);
        ApplyView(spec, normalize, drawn, image, side_px, out);
        out += 3 * side_px * side_px;
      }
    }
  }

  ViewBatch batch;
  at::Tensor expected;
};

TEST(DeviceViewsTest, TheStagesMakeTheBitsOfTheCpusLoops) {
  for (const int64_t side_px : {32, 47}) {
    const Example example(40, side_px);
    ASSERT_TRUE(example.batch.any_contrast && example.batch.any_blur);
    const at::Tensor made = MakeViews(example.batch, at::kCPU, at::kFloat);
    for (int64_t view = 0; view < made.size(0); ++view) {
      EXPECT_TRUE(at::equal(made[view], example.expected[view]))
          << "view " << view << " of " << side_px << " px, off by "
          << (made[view] - example.expected[view]).abs().max().item<float>();
    }
  }
}

// More pixels than one run of the grey image's lanes holds.
TEST(DeviceViewsTest, LargeViewsHaveSeveralRunsOfLanes) {
  const Example example(4, 200);
  ASSERT_GT(GreyBlocks(200 * 200), 1);
  EXPECT_TRUE(at::equal(MakeViews(example.batch, at::kCPU, at::kFloat),
                        example.expected));
}

TEST(DeviceViewsTest, Bfloat16IsRoundedOnce) {
  const Example example(6, 32);
  EXPECT_TRUE(at::equal(MakeViews(example.batch, at::kCPU, at::kBFloat16),
                        example.expected.to(at::kBFloat16)));
}

TEST(DeviceViewsTest, WhatOnlyFineTuningHasIsLeftToTheCpu) {
  EXPECT_TRUE(CanMakeOnDevice(Spec("THREE_BOXES")));
  ViewSpec random = Spec("THREE_BOXES"), erase = random;
  random.mutable_rand_augment()->set_operations(2);
  random.mutable_rand_augment()->set_probability(0.5);
  erase.mutable_erase()->set_probability(0.25);
  EXPECT_FALSE(CanMakeOnDevice(random));
  EXPECT_FALSE(CanMakeOnDevice(erase));
}

TEST(DeviceViewsTest, AGpuMakesTheBitsOfTheCpu) {
  SNCLR_NEEDS_GPU();
  for (const int64_t side_px : {32, 200}) {
    const Example example(40, side_px);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      const at::Tensor made = MakeViews(example.batch, at::kCUDA, type).cpu();
      EXPECT_TRUE(at::equal(made, example.expected.to(type)))
          << side_px << " px, " << type << ", off by "
          << (made.to(at::kFloat) - example.expected).abs().max().item<float>();
    }
  }
}

}  // namespace
}  // namespace snclr
