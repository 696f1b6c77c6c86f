// SPDX-License-Identifier: MIT
#include "eval/features.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "data/testing/test_source.h"

namespace snclr {
namespace {

constexpr int64_t kSide = 8;

EncoderSpec SmallImages() {
  EncoderSpec spec;
  spec.set_image_size_px(kSide);
  return spec;
}

// The mean of each channel, and notes of how it was called.
class MeanEncoder : public Encoder {
 public:
  MeanEncoder() : Encoder(SmallImages()) {
    weight_ = register_parameter("weight", at::ones({1}));
  }

  at::Tensor Forward(const at::Tensor& images) override {
    in_training |= is_training();
    recorded |= at::GradMode::is_enabled();
    largest_batch = std::max(largest_batch, images.size(0));
    EXPECT_EQ(images.size(2), kSide);
    return images.mean({2, 3}).mul(weight_);
  }
  int64_t feature_dim() const override { return 3; }
  at::Tensor first_weight() const override { return weight_; }

  bool in_training = false;
  bool recorded = false;
  int64_t largest_batch = 0;

 private:
  at::Tensor weight_;
};

// A grey image as bright as its index.
absl::StatusOr<EncodedImage> Grey(int64_t index) {
  EncodedImage image;
  image.format = EncodedImage::Format::kPlanarRgb;
  image.height = kSide;
  image.width = kSide;
  image.bytes.assign(3 * kSide * kSide, static_cast<char>(10 * index));
  return image;
}

// x / 255.
AugmentationSpec PlainViews() {
  AugmentationSpec views;
  views.mutable_eval()->set_resize_ratio(1);
  for (const bool std : {false, true}) {
    auto& channels = std ? *views.mutable_normalize()->mutable_std()
                         : *views.mutable_normalize()->mutable_mean();
    channels.set_red(std);
    channels.set_green(std);
    channels.set_blue(std);
  }
  return views;
}

EvalOptions InBatchesOf(int64_t batch) {
  EvalOptions options;
  options.batch = batch;
  options.workers = 2;
  return options;
}

TEST(ExtractFeaturesTest, GivesEveryImageInOrderWithItsLabel) {
  const TestSource source({3, 4}, Grey);
  MeanEncoder encoder;
  const auto result =
      ExtractFeatures(encoder, source, PlainViews(), InBatchesOf(2));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(at::equal(result->labels,
                        at::tensor(std::vector<int64_t>{0, 0, 0, 1, 1, 1, 1})));
  EXPECT_TRUE(at::equal(result->index,
                        at::tensor(std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6})));
  ASSERT_EQ(result->features.sizes(), (std::vector<int64_t>{7, 3}));
  for (int64_t i = 0; i < 7; ++i) {
    EXPECT_NEAR(result->features[i][1].item<double>(), 10 * i / 255.0, 1e-5);
  }
  EXPECT_EQ(result->broken, 0);
  EXPECT_EQ(encoder.largest_batch, 2);
}

TEST(ExtractFeaturesTest,
     RunsInEvaluationModeWithoutAutogradAndPutsTheModeBack) {
  const TestSource source({2}, Grey);
  for (const bool training : {true, false}) {
    MeanEncoder encoder;
    encoder.train(training);
    const auto result =
        ExtractFeatures(encoder, source, PlainViews(), InBatchesOf(2));
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_FALSE(encoder.in_training);
    EXPECT_FALSE(encoder.recorded);
    EXPECT_FALSE(result->features.requires_grad());
    EXPECT_EQ(encoder.is_training(), training);
  }
}

TEST(ExtractFeaturesTest, LeavesBrokenImagesOutAndCountsThem) {
  const TestSource source({4},
                          [](int64_t index) -> absl::StatusOr<EncodedImage> {
                            if (index == 1)
                              return absl::DataLossError("image 1: truncated");
                            return Grey(index);
                          });
  MeanEncoder encoder;
  const auto result =
      ExtractFeatures(encoder, source, PlainViews(), InBatchesOf(4));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(
      at::equal(result->index, at::tensor(std::vector<int64_t>{0, 2, 3})));
  EXPECT_EQ(result->broken, 1);
}

TEST(ExtractFeaturesTest, FailsWhereNoImageCanBeRead) {
  const TestSource source({3});
  MeanEncoder encoder;
  const auto result =
      ExtractFeatures(encoder, source, PlainViews(), InBatchesOf(4));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(encoder.is_training());
}

}  // namespace
}  // namespace snclr
