// SPDX-License-Identifier: MIT
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "data/loading/loader.h"
#include "data/testing/test_images.h"
#include "data/testing/test_source.h"
#include "data/testing/test_views.h"
#include "data/views/augment.h"

namespace snclr {
namespace {

TestSource MakeSource(std::set<int64_t> broken = {}) {
  return TestSource(
      {6, 5}, [broken](int64_t index) -> absl::StatusOr<EncodedImage> {
        EncodedImage encoded;
        encoded.format = EncodedImage::Format::kPng;
        encoded.bytes =
            EncodePng(DrawTestImage(12, 16, static_cast<int>(index)));
        if (broken.count(index) > 0) encoded.bytes.resize(50);
        return encoded;
      });
}

EvalOptions Options(int64_t batch, int workers = 2) {
  EvalOptions options;
  options.batch = batch;
  options.image_size_px = 8;
  options.workers = workers;
  return options;
}

struct Pass {
  absl::Status status;
  std::vector<int64_t> sizes;
  at::Tensor images, label, index;
};

Pass RunPass(const Source& source, const EvalOptions& options) {
  Pass pass;
  std::vector<at::Tensor> images, labels, indices;
  pass.status = ForEachEvalBatch(source, CropAndFlipViews(), options,
                                 [&](const EvalBatch& batch) {
                                   pass.sizes.push_back(batch.index.numel());
                                   images.push_back(batch.images);
                                   labels.push_back(batch.label);
                                   indices.push_back(batch.index);
                                   return absl::OkStatus();
                                 });
  if (!images.empty()) {
    pass.images = at::cat(images);
    pass.label = at::cat(labels);
    pass.index = at::cat(indices);
  }
  return pass;
}

std::vector<int64_t> Values(const at::Tensor& tensor) {
  const int64_t* data = tensor.data_ptr<int64_t>();
  return {data, data + tensor.numel()};
}

TEST(ForEachEvalBatchTest, VisitsEveryImageOnceInOrder) {
  const Pass pass = RunPass(MakeSource(), Options(4));
  ASSERT_TRUE(pass.status.ok()) << pass.status;
  EXPECT_EQ(pass.sizes, std::vector<int64_t>({4, 4, 3}));
  EXPECT_EQ(Values(pass.index),
            std::vector<int64_t>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(Values(pass.label),
            std::vector<int64_t>({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(pass.images.sizes(), at::IntArrayRef({11, 3, 8, 8}));
}

TEST(ForEachEvalBatchTest, GivesTheEvaluationView) {
  const Pass pass = RunPass(MakeSource(), Options(4));
  const AugmentationSpec views = CropAndFlipViews();
  std::vector<float> expected(3 * 8 * 8);
  for (const int i : {0, 5, 10}) {
    ApplyEvalView(views.eval(), views.normalize(), DrawTestImage(12, 16, i), 8,
                  expected.data());
    const float* got = pass.images.data_ptr<float>() + i * expected.size();
    EXPECT_EQ(std::vector<float>(got, got + expected.size()), expected);
  }
}

TEST(ForEachEvalBatchTest, IsTheSameWithAnyWorkersAndBatch) {
  const TestSource source = MakeSource({2});
  const Pass one = RunPass(source, Options(3, 1));
  for (const int64_t batch : {1, 4, 100}) {
    const Pass other = RunPass(source, Options(batch, 4));
    EXPECT_TRUE(at::equal(one.images, other.images));
    EXPECT_TRUE(at::equal(one.index, other.index));
    EXPECT_TRUE(at::equal(one.label, other.label));
  }
}

TEST(ForEachEvalBatchTest, LeavesBrokenImagesOut) {
  const Pass pass = RunPass(MakeSource({0, 1, 2, 9}), Options(3));
  ASSERT_TRUE(pass.status.ok()) << pass.status;
  EXPECT_EQ(pass.sizes, std::vector<int64_t>({3, 3, 1}));
  EXPECT_EQ(Values(pass.index), std::vector<int64_t>({3, 4, 5, 6, 7, 8, 10}));
}

TEST(ForEachEvalBatchTest, StopsAboveTheLimit) {
  EvalOptions options = Options(3);
  options.max_broken_images = 2;
  const Pass pass = RunPass(MakeSource({0, 5, 9}), options);
  EXPECT_EQ(pass.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(absl::StrContains(pass.status.message(),
                                "3 broken images, more than "
                                "data.max_broken_images (2) allows"))
      << pass.status;
  EXPECT_TRUE(absl::StrContains(pass.status.message(), "image 9: PNG"))
      << pass.status;
}

TEST(ForEachEvalBatchTest, AnErrorOfTheConsumerEndsIt) {
  int calls = 0;
  const absl::Status status = ForEachEvalBatch(
      MakeSource(), CropAndFlipViews(), Options(2), [&](const EvalBatch&) {
        return ++calls == 2 ? absl::CancelledError("enough") : absl::OkStatus();
      });
  EXPECT_EQ(status.message(), "enough");
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace snclr
