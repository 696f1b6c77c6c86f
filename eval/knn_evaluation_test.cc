// SPDX-License-Identifier: MIT
#include "eval/knn_evaluation.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "data/testing/test_images.h"
#include "snclr/core/dist/thread_group_testing.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kBatch = 256;

EncoderSpec SmallVit() {
  EncoderSpec spec;
  spec.set_image_size_px(32);
  VitSpec& vit = *spec.mutable_vit();
  vit.set_variant(VIT_CUSTOM);
  vit.set_patch_size_px(8);
  vit.set_width(96);
  vit.set_depth(4);
  vit.set_heads(3);
  vit.set_mlp_ratio(4);
  vit.set_freeze_patch_projection(true);
  return spec;
}

// What k-NN sees without any network.
class PixelEncoder : public Encoder {
 public:
  explicit PixelEncoder(bool colour_alone)
      : Encoder(SmallVit()), colour_alone_(colour_alone) {}
  at::Tensor Forward(const at::Tensor& images) override {
    return colour_alone_ ? images.mean({2, 3}) : images.flatten(1);
  }
  int64_t feature_dim() const override {
    return colour_alone_ ? 3 : 3 * 32 * 32;
  }
  at::Tensor first_weight() const override { return {}; }

 private:
  const bool colour_alone_;
};

AugmentationSpec Views() {
  AugmentationSpec views;
  views.mutable_eval()->set_resize_ratio(1);
  ChannelsSpec& mean = *views.mutable_normalize()->mutable_mean();
  mean.set_red(0.485);
  mean.set_green(0.456);
  mean.set_blue(0.406);
  ChannelsSpec& std = *views.mutable_normalize()->mutable_std();
  std.set_red(0.229);
  std.set_green(0.224);
  std.set_blue(0.225);
  return views;
}

// The quickstart's images.
DataSpec DrawnImages() {
  DataSpec data;
  data.mutable_procedural()->set_seed(1);
  data.mutable_procedural()->set_classes(10);
  data.mutable_procedural()->set_image_size_px(32);
  data.set_train_images(4000);
  data.set_test_images(1000);
  data.set_max_broken_images(10);
  return data;
}

DataSpec FolderData(const std::string& root) {
  DataSpec data;
  data.mutable_image_folder()->set_root(root);
  data.mutable_image_folder()->set_holdout_fraction(0.25);
  return data;
}

void WriteImages(const std::string& folder, int count) {
  for (int i = 0; i < count; ++i) {
    WriteTestFile(folder + "/" + std::to_string(i) + ".png",
                  EncodePng(DrawTestImage(32, 32, i)));
  }
}

absl::StatusOr<std::unique_ptr<KnnEvaluation>> Open(const DataSpec& data,
                                                    int64_t neighbors = 20) {
  return KnnEvaluation::Create(data, Views(), {neighbors, 0.07}, kBatch);
}

double Top1(Encoder& encoder) {
  const auto knn = Open(DrawnImages());
  EXPECT_TRUE(knn.ok()) << knn.status();
  const auto result = (*knn)->Run(encoder);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->train_images, 4000);
  EXPECT_EQ(result->test_images, 1000);
  EXPECT_EQ(result->neighbors, 20);
  EXPECT_GE(result->top5, result->top1);
  return result->top1;
}

// The drawn images are an honest task: what needs no learning stays below half,
// and above chance, which is 10.
TEST(DrawnImagesTest, AnUntrainedEncoderStaysBelowHalf) {
  const auto encoder = MakeEncoder(SmallVit(), /*seed=*/1);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  const double top1 = Top1(**encoder);
  EXPECT_LT(top1, 50);
  EXPECT_GT(top1, 10);
}

TEST(DrawnImagesTest, RawPixelsStayBelowHalf) {
  PixelEncoder pixels(/*colour_alone=*/false);
  const double top1 = Top1(pixels);
  EXPECT_LT(top1, 50);
  EXPECT_GT(top1, 10);
}

TEST(DrawnImagesTest, ColourAloneTellsNoClass) {
  PixelEncoder colour(/*colour_alone=*/true);
  EXPECT_LT(Top1(colour), 20);
}

// 52 test images on 3 ranks, and more ranks than test images.
TEST(KnnEvaluationTest, RanksThatShareTheWorkFindTheSame) {
  for (const auto& [test_images, ranks] : {std::pair{52, 3}, std::pair{2, 4}}) {
    DataSpec data = DrawnImages();
    data.set_train_images(301);
    data.set_test_images(test_images);
    data.set_workers(1);
    PixelEncoder pixels(/*colour_alone=*/false);
    const auto knn = Open(data);
    ASSERT_TRUE(knn.ok()) << knn.status();
    const auto whole = (*knn)->Run(pixels);
    ASSERT_TRUE(whole.ok()) << whole.status();
    OnRanks(ranks, [&, whole = *whole](ProcessGroup& group) {
      PixelEncoder own(/*colour_alone=*/false);
      const auto shared = (*knn)->Run(own, group);
      ASSERT_TRUE(shared.ok()) << shared.status();
      EXPECT_DOUBLE_EQ(shared->top1, whole.top1);
      EXPECT_DOUBLE_EQ(shared->top5, whole.top5);
      EXPECT_EQ(shared->test_images, whole.test_images);
      EXPECT_EQ(shared->train_images, 301);
    });
  }
}

TEST(KnnEvaluationTest, UnlabelledImagesHaveNoAccuracy) {
  const std::string root = MakeTestFolder("unlabelled");
  WriteImages(root, 8);
  const auto knn = Open(FolderData(root), 2);
  EXPECT_EQ(knn.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(knn.status().ToString(), HasSubstr("no labels"));
}

TEST(KnnEvaluationTest, ShardsWithoutTestShardsHaveNoAccuracy) {
  DataSpec data;
  data.mutable_webdataset()->set_train_shards("nowhere/{0..1}.tar");
  const auto knn = Open(data);
  EXPECT_EQ(knn.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(knn.status().ToString(), HasSubstr("test_shards"));
}

TEST(KnnEvaluationTest, FewerTrainingImagesThanNeighborsIsAnError) {
  DataSpec data = DrawnImages();
  data.set_train_images(12);
  const auto knn = Open(data);
  EXPECT_EQ(knn.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(knn.status().ToString(), HasSubstr("20"));
  EXPECT_THAT(knn.status().ToString(), HasSubstr("12"));
}

// The test folder lacks class "a", so its classes would be numbered from "b".
TEST(KnnEvaluationTest, ClassesAreMatchedByNameNotByNumber) {
  const std::string root = MakeTestFolder("fewer_test_classes");
  for (const std::string label : {"a", "b", "c"}) {
    WriteImages(root + "/train/" + label, 2);
  }
  // Every class has the same two images, but only those of "c" are in test, and
  // test images are copies, so both neighbours of one are exact.
  std::filesystem::remove_all(root + "/train/c");
  for (int i = 10; i < 12; ++i) {
    WriteTestFile(root + "/train/c/" + std::to_string(i) + ".png",
                  EncodePng(DrawTestImage(32, 32, i)));
    WriteTestFile(root + "/test/c/" + std::to_string(i) + ".png",
                  EncodePng(DrawTestImage(32, 32, i)));
  }
  PixelEncoder pixels(/*colour_alone=*/false);
  const auto knn = Open(FolderData(root), 1);
  ASSERT_TRUE(knn.ok()) << knn.status();
  const auto result = (*knn)->Run(pixels);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->test_images, 2);
  EXPECT_DOUBLE_EQ(result->top1, 100);
}

TEST(KnnEvaluationTest, ATestClassWithoutTrainingImagesIsNamed) {
  const std::string root = MakeTestFolder("strange_test_class");
  WriteImages(root + "/train/a", 3);
  WriteImages(root + "/train/b", 3);
  WriteImages(root + "/test/a", 1);
  WriteImages(root + "/test/zebra", 1);
  const auto knn = Open(FolderData(root), 2);
  EXPECT_EQ(knn.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(knn.status().ToString(), HasSubstr("zebra"));
}

}  // namespace
}  // namespace snclr
