// SPDX-License-Identifier: MIT
#include "snclr/core/branches.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

// Features are image means less, where it mixes, those of the batch. Writes
// down the batches that it sees.
class MeanEncoder final : public Encoder {
 public:
  MeanEncoder(bool mixes, std::vector<int64_t>* batches)
      : Encoder(EncoderSpec()), mixes_(mixes), batches_(batches) {
    scale_ = register_parameter("scale", at::zeros({1}) + 1);
  }

  at::Tensor Forward(const at::Tensor& images) override {
    batches_->push_back(images.size(0));
    const at::Tensor means = images.mean({2, 3}) * scale_;
    return mixes_ ? means - means.mean(0) : means;
  }
  int64_t feature_dim() const override { return 3; }
  at::Tensor first_weight() const override { return scale_; }
  bool mixes_images() const override { return mixes_; }

 private:
  const bool mixes_;
  std::vector<int64_t>* const batches_;
  at::Tensor scale_;
};

BranchOptions Options(int64_t predicted = 4) {
  BranchOptions options{};
  options.projector.layers = 1;
  options.projector.output_dim = 4;
  options.predictor.layers = 1;
  options.predictor.output_dim = predicted;
  return options;
}

Views SomeViews() {
  return {Draws({5, 3, 2, 2}, 1).to(at::kFloat),
          Draws({5, 3, 2, 2}, 2).to(at::kFloat) + 1};
}

TEST(BranchesTest, ViewsAreOneBatchWhereImagesDoNotMix) {
  SingleProcess group;
  std::vector<int64_t> batches;
  auto branches = Branches::Create(
      Options(), std::make_shared<MeanEncoder>(false, &batches), 1, group);
  ASSERT_TRUE(branches.ok()) << branches.status();
  const Views views = SomeViews();
  const auto outputs = (*branches)->Forward(views);
  EXPECT_EQ(batches, std::vector<int64_t>{10});
  EXPECT_LT(LargestDifference(outputs.features.view2, views.view2.mean({2, 3})),
            1e-6);
}

TEST(BranchesTest, AnEncoderThatMixesImagesSeesEachViewByItself) {
  SingleProcess group;
  std::vector<int64_t> batches;
  auto branches = Branches::Create(
      Options(), std::make_shared<MeanEncoder>(true, &batches), 1, group);
  ASSERT_TRUE(branches.ok()) << branches.status();
  const auto outputs = (*branches)->Forward(SomeViews());
  EXPECT_EQ(batches, (std::vector<int64_t>{5, 5}));
  // In one batch of both views, which are about 1 apart, no view's mean would
  // be 0.
  EXPECT_LT(outputs.features.view1.mean(0).abs().max().item<float>(), 1e-6);
  EXPECT_LT(outputs.features.view2.mean(0).abs().max().item<float>(), 1e-6);
}

TEST(BranchesTest, HeadsOfDifferentSizesAreRefused) {
  SingleProcess group;
  std::vector<int64_t> batches;
  const auto branches = Branches::Create(
      Options(8), std::make_shared<MeanEncoder>(false, &batches), 1, group);
  EXPECT_EQ(branches.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(branches.status().ToString().find("predictor.output_dim: 8"),
            std::string::npos);
}

}  // namespace
}  // namespace snclr
