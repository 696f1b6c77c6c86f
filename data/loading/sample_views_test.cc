// SPDX-License-Identifier: MIT
#include "data/loading/sample_views.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "data/decode/decode.h"
#include "data/testing/test_images.h"
#include "data/testing/test_source.h"
#include "data/testing/test_views.h"

namespace snclr {
namespace {

// A source of one image.
TestSource SourceOf(const EncodedImage& encoded) {
  return TestSource({1}, [encoded](int64_t) { return encoded; });
}

struct Views {
  explicit Views(int64_t side) : first(3 * side * side), second(first) {}
  std::vector<float> first, second;
};

Views MakeOrFail(const Source& source, const SampleKey& key, int64_t side) {
  Views views(side);
  const absl::Status status =
      MakeTrainingViews(source, CropAndFlipViews(), key, side,
                        views.first.data(), views.second.data());
  EXPECT_TRUE(status.ok()) << status;
  return views;
}

float LargestDistance(const std::vector<float>& a,
                      const std::vector<float>& b) {
  float largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

TEST(MakeTrainingViewsTest, IsTheDrawnViewOfTheDecodedImage) {
  const Image image = DrawTestImage(40, 60, 1);
  const TestSource source =
      SourceOf(AsFile(EncodedImage::Format::kPng, EncodePng(image)));
  const AugmentationSpec spec = CropAndFlipViews();
  const Views views = MakeOrFail(source, {7, 3, 0}, 16);
  for (const int view : {1, 2}) {
    std::vector<float> expected(3 * 16 * 16);
    ApplyView(spec.view1(), spec.normalize(),
              DrawView(spec.view1(), 40, 60, 7, 3, 0, view), image, 16,
              expected.data());
    EXPECT_EQ(view == 1 ? views.first : views.second, expected);
  }
  EXPECT_NE(views.first, views.second);
}

TEST(MakeTrainingViewsTest, DependsOnSeedAndEpoch) {
  const TestSource source = SourceOf(
      AsFile(EncodedImage::Format::kPng, EncodePng(DrawTestImage(40, 60, 1))));
  const Views views = MakeOrFail(source, {7, 3, 0}, 16);
  EXPECT_EQ(views.first, MakeOrFail(source, {7, 3, 0}, 16).first);
  EXPECT_NE(views.first, MakeOrFail(source, {7, 4, 0}, 16).first);
  EXPECT_NE(views.first, MakeOrFail(source, {8, 3, 0}, 16).first);
}

// The same picture as JPEG and PNG: a view whose crop is much larger than
// itself is made from a reduced JPEG, and from the full PNG.
TEST(MakeTrainingViewsTest, ReducedDecodingMovesNothing) {
  const Image image = DrawTestImage(401, 603, 2);
  const TestSource jpeg =
      SourceOf(AsFile(EncodedImage::Format::kJpeg, EncodeJpeg(image)));
  const TestSource png =
      SourceOf(AsFile(EncodedImage::Format::kPng, EncodePng(image)));
  for (int epoch = 0; epoch < 20; ++epoch) {
    const Views reduced = MakeOrFail(jpeg, {1, epoch, 0}, 24);
    const Views full = MakeOrFail(png, {1, epoch, 0}, 24);
    // JPEG's loss is 4 levels of 255; a shift by half a reduced pixel is less
    // than 2 of these gradients' levels. Divided by the standard deviation.
    const float tolerance = 6 / 255.0 / 0.25;
    EXPECT_LE(LargestDistance(reduced.first, full.first), tolerance) << epoch;
    EXPECT_LE(LargestDistance(reduced.second, full.second), tolerance) << epoch;
  }
}

TEST(ReduceCropTest, RoundsEdgesAndStaysInside) {
  const ImageSize reduced = {51, 40};  // of 101 rows, 80 columns
  ViewParameters drawn;
  drawn.top = 3;
  drawn.left = 0;
  drawn.height = 98;
  drawn.width = 80;
  const ViewParameters half = ReduceCrop(drawn, 2, reduced);
  EXPECT_EQ(half.top, 2);
  EXPECT_EQ(half.height, 49);  // to row 51
  EXPECT_EQ(half.left, 0);
  EXPECT_EQ(half.width, 40);
  drawn.top = 100;
  drawn.height = 1;
  const ViewParameters thin = ReduceCrop(drawn, 2, reduced);
  EXPECT_EQ(thin.top, 50);
  EXPECT_EQ(thin.height, 1);
}

TEST(ReduceCropTest, WithoutReductionNothingChanges) {
  ViewParameters drawn;
  drawn.top = 4;
  drawn.left = 3;
  drawn.height = 5;
  drawn.width = 4;
  drawn.hue = 0.1f;
  const ViewParameters same = ReduceCrop(drawn, 1, {9, 7});
  EXPECT_EQ(same.top, 4);
  EXPECT_EQ(same.left, 3);
  EXPECT_EQ(same.height, 5);
  EXPECT_EQ(same.width, 4);
  EXPECT_EQ(same.hue, 0.1f);
}

ViewParameters Crop(int64_t top, int64_t left, int64_t height, int64_t width) {
  ViewParameters crop;
  crop.top = top;
  crop.left = left;
  crop.height = height;
  crop.width = width;
  return crop;
}

TEST(UnionOfCropsTest, IsTheLeastRectangleThatHoldsBoth) {
  const ViewParameters first = Crop(4, 10, 20, 5), second = Crop(6, 2, 30, 9);
  const Region both = UnionOfCrops(first, second);
  EXPECT_EQ(both.top, 4);
  EXPECT_EQ(both.left, 2);
  EXPECT_EQ(both.height, 32);
  EXPECT_EQ(both.width, 13);
  const ViewParameters moved = WithinRegion(first, both);
  EXPECT_EQ(moved.top, 0);
  EXPECT_EQ(moved.left, 8);
  EXPECT_EQ(moved.height, 20);
  EXPECT_EQ(moved.width, 5);
}

TEST(MakeTrainingViewsTest, PartOfAJpegGivesTheViewsOfTheWhole) {
  const EncodedImage encoded =
      AsFile(EncodedImage::Format::kJpeg,
             EncodeJpeg(DrawTestImage(75, 101, 5), JpegKind::kHalvedChroma));
  Image whole;
  ASSERT_TRUE(DecodeImage(encoded, 1, whole).ok());
  const AugmentationSpec spec = CropAndFlipViews();
  for (int epoch = 0; epoch < 10; ++epoch) {
    const Views views = MakeOrFail(SourceOf(encoded), {5, epoch, 0}, 64);
    for (const int view : {1, 2}) {
      std::vector<float> expected(3 * 64 * 64);
      ApplyView(spec.view1(), spec.normalize(),
                DrawView(spec.view1(), 75, 101, 5, epoch, 0, view), whole, 64,
                expected.data());
      EXPECT_EQ(view == 1 ? views.first : views.second, expected);
    }
  }
}

TEST(MakeTrainingViewsTest, ErrorsBeginWithTheImagesName) {
  const std::string whole = EncodeJpeg(DrawTestImage(128, 128, 3));
  const TestSource cut = SourceOf(
      AsFile(EncodedImage::Format::kJpeg, whole.substr(0, whole.size() / 2)));
  Views views(16);
  const absl::Status training =
      MakeTrainingViews(cut, CropAndFlipViews(), {1, 0, 0}, 16,
                        views.first.data(), views.second.data());
  EXPECT_EQ(training.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StartsWith(training.message(), "image 0: JPEG data"))
      << training;
  EXPECT_TRUE(IsBrokenImage(training));
  const absl::Status evaluation =
      MakeEvalView(cut, CropAndFlipViews(), 0, 16, views.first.data());
  EXPECT_EQ(evaluation.message(), training.message());
}

TEST(MakeEvalViewTest, IsTheEvaluationViewOfTheFullImage) {
  const Image image = DrawTestImage(400, 640, 4);
  const EncodedImage encoded =
      AsFile(EncodedImage::Format::kJpeg, EncodeJpeg(image));
  Image decoded;
  ASSERT_TRUE(DecodeImage(encoded, 1, decoded).ok());
  const AugmentationSpec spec = CropAndFlipViews();
  std::vector<float> view(3 * 16 * 16), expected(view);
  ASSERT_TRUE(MakeEvalView(SourceOf(encoded), spec, 0, 16, view.data()).ok());
  ApplyEvalView(spec.eval(), spec.normalize(), decoded, 16, expected.data());
  EXPECT_EQ(view, expected);
}

TEST(IsBrokenImageTest, TellsTheImagesFaultFromTheMachines) {
  EXPECT_FALSE(IsBrokenImage(absl::OkStatus()));
  EXPECT_TRUE(IsBrokenImage(absl::NotFoundError("gone")));
  EXPECT_FALSE(IsBrokenImage(absl::ResourceExhaustedError("no memory")));
  EXPECT_FALSE(IsBrokenImage(absl::InternalError("a bug")));
}

}  // namespace
}  // namespace snclr
