// SPDX-License-Identifier: MIT
#include "eval/linear_probe.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/status/status.h"
#include "eval/linear_heads.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

at::Tensor Labels(const std::vector<int64_t>& labels) {
  return at::tensor(labels, at::kLong);
}

at::Tensor WeightOf(const LinearHeads& heads) {
  return heads.State().at(0).tensor;
}

// Rows that differ, of no meaning: [rows, columns].
at::Tensor SomeRows(int64_t rows, int64_t columns) {
  return at::arange(rows * columns, at::kFloat)
      .mul(1.7)
      .sin()
      .view({rows, columns});
}

TEST(LinearHeadsTest, GradientIsThatOfTheCrossEntropy) {
  const LinearHeads heads(3, 4, {{0.1, 1}, 0.9, 5});
  const at::Tensor features = SomeRows(6, 3);
  const at::Tensor labels = Labels({0, 3, 1, 1, 2, 0});
  const at::Tensor gradient = heads.Gradient(features, labels);
  ASSERT_EQ(gradient.sizes(), (std::vector<int64_t>{8, 4}));
  for (int64_t head = 0; head < 2; ++head) {
    at::Tensor own = WeightOf(heads).narrow(0, 4 * head, 4).clone();
    own.set_requires_grad(true);
    at::cross_entropy_loss(
        at::linear(features, own.narrow(1, 0, 3), own.select(1, 3)), labels)
        .backward();
    // float32, sums of six terms.
    EXPECT_TRUE(
        at::allclose(gradient.narrow(0, 4 * head, 4), own.grad(), 1e-5, 1e-6));
  }
}

TEST(LinearHeadsTest, StepIsSgdWithMomentumAtEachHeadsOwnRate) {
  LinearHeads heads(1, 2, {{0.5, 2}, 0.9, 5});
  const at::Tensor before = WeightOf(heads).clone();
  const at::Tensor gradient = at::ones_like(before);
  heads.Step(gradient, 1);
  heads.Step(gradient, 0.5);
  // -lr (1 + 0.5 (0.9 + 1)) = -1.95 lr.
  const at::Tensor moved = WeightOf(heads) - before;
  EXPECT_TRUE(at::allclose(moved.narrow(0, 0, 2),
                           gradient.narrow(0, 0, 2) * (-1.95 * 0.5)));
  EXPECT_TRUE(at::allclose(moved.narrow(0, 2, 2),
                           gradient.narrow(0, 2, 2) * (-1.95 * 2)));
}

TEST(LinearHeadsTest, BeginsWithTheSameSmallWeightsInEveryHeadAndNoBias) {
  const LinearHeads heads(64, 10, {{0.1, 1, 10}, 0.9, 5});
  const at::Tensor weight = WeightOf(heads).view({3, 10, 65});
  EXPECT_TRUE(at::equal(weight.select(0, 0), weight.select(0, 2)));
  EXPECT_TRUE(weight.select(2, 64).eq(0).all().item<bool>());
  // 640 draws: the deviation is within 10 % of 0.01.
  EXPECT_NEAR(weight.select(0, 0).narrow(1, 0, 64).std().item<double>(), 0.01,
              0.001);
}

// Two groups of images that look alike within the group, one of four labelled
// otherwise: the optimum of the convex problem says 3/4 and 1/4.
TEST(LinearHeadsTest, ReachesTheOptimumOfAConvexProblem) {
  const at::Tensor features =
      at::eye(2, at::kFloat).repeat_interleave(4, 0);  // [8, 2]
  const at::Tensor labels = Labels({0, 0, 0, 1, 1, 1, 1, 0});
  LinearHeads heads(2, 2, {{2}, 0.9, 1});
  for (int step = 0; step < 300; ++step) {
    heads.Step(heads.Gradient(features, labels), LinearDecay(step, 300));
  }
  const at::Tensor probability =
      at::softmax(heads.Scores(features).select(1, 0), 1);
  EXPECT_NEAR(probability[0][0].item<double>(), 0.75, 1e-4);
  EXPECT_NEAR(probability[7][0].item<double>(), 0.25, 1e-4);
}

// `per_class` images of each of three classes around corners of a triangle.
LabelledFeatures Corners(int64_t per_class, double noise) {
  LabelledFeatures made;
  std::vector<int64_t> labels;
  for (int64_t label = 0; label < 3; ++label) {
    labels.insert(labels.end(), per_class, label);
  }
  made.labels = Labels(labels);
  made.index = at::arange(3 * per_class, at::kLong);
  made.features = at::eye(3, at::kFloat).repeat_interleave(per_class, 0) +
                  SomeRows(3 * per_class, 3) * noise;
  return made;
}

LinearSpec Sweep(double min, double max, int rates, double held_out) {
  LinearSpec spec;
  spec.set_epochs(30);
  spec.set_batch(16);
  spec.set_momentum(0.9);
  spec.set_min_base_lr(min);
  spec.set_max_base_lr(max);
  spec.set_rates(rates);
  spec.set_held_out(held_out);
  return spec;
}

absl::StatusOr<LinearResult> Fit(const LabelledFeatures& train,
                                 const LabelledFeatures& test,
                                 const LinearSpec& spec) {
  return FitLinearProbe(
      {train, test, 3, train.features.size(0)}, spec, 1,
      [](int64_t, int64_t, int64_t) { return absl::OkStatus(); });
}

TEST(FitLinearProbeTest, SeparatesWhatIsSeparable) {
  const auto result =
      Fit(Corners(20, 0.1), Corners(7, 0.1), Sweep(0.1, 10, 3, 0.1));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rates[result->chosen].top1, 100);
  EXPECT_EQ(result->rates[result->chosen].held_out_top1, 100);
  EXPECT_EQ(result->train_images, 60);
  EXPECT_EQ(result->held_out_images, 6) << "2 of each class's 20";
  EXPECT_EQ(result->test_images, 21);
  EXPECT_EQ(result->batch, 16);
}

TEST(FitLinearProbeTest, IsTheSameEveryTimeAndAnotherWithAnotherSeed) {
  const LabelledFeatures train = Corners(20, 0.9);
  const LabelledFeatures test = Corners(50, 0.8);
  const auto fit = [&](uint64_t seed) {
    std::vector<double> top1;
    const auto result = FitLinearProbe(
        {train, test, 3, 60}, Sweep(0.01, 10, 4, 0.2), seed,
        [](int64_t, int64_t, int64_t) { return absl::OkStatus(); });
    EXPECT_TRUE(result.ok()) << result.status();
    for (const LinearRate& rate : result->rates) top1.push_back(rate.top1);
    return top1;
  };
  EXPECT_EQ(fit(1), fit(1));
  EXPECT_NE(fit(1), fit(2));
}

// Where each image has a column of its own, only who has seen it knows its
// class.
TEST(FitLinearProbeTest, ChoosesByImagesThatTheChoosingClassifierDidNotSee) {
  LabelledFeatures train = Corners(20, 0);
  const LinearSpec spec = Sweep(1, 1, 1, 0.1);
  train.features = at::eye(60) * 10;
  const auto result = Fit(train, train, spec);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rates[0].top1, 100);
  EXPECT_LT(result->rates[0].held_out_top1, 100);
}

TEST(FitLinearProbeTest, WithoutAHeldOutShareTheTestImagesChoose) {
  const auto result =
      Fit(Corners(20, 0.9), Corners(30, 0.8), Sweep(1e-4, 10, 4, 0));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->held_out_images, 0);
  ASSERT_THAT(result->rates, SizeIs(4));
  for (const LinearRate& rate : result->rates) {
    EXPECT_LE(rate.top1, result->rates[result->chosen].top1);
  }
}

TEST(FitLinearProbeTest, ARateThatDivergesIsMarkedAndNotChosen) {
  LabelledFeatures large = Corners(20, 2);
  large.features.mul_(1e4);
  const auto result = Fit(large, large, Sweep(0.1, 1e38, 2, 0));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->rates[0].diverged);
  EXPECT_TRUE(result->rates[1].diverged);
  EXPECT_EQ(result->chosen, 0);
}

TEST(FitLinearProbeTest, FeaturesThatAreNoNumbersAreAnError) {
  LabelledFeatures broken = Corners(20, 0.1);
  broken.features[3][1] = std::nan("");
  EXPECT_FALSE(Fit(broken, Corners(5, 0.1), Sweep(0.1, 1, 2, 0)).ok());
}

TEST(FitLinearProbeTest, StopsWhereItIsAskedTo) {
  const LabelledFeatures train = Corners(20, 0.1);
  const auto result = FitLinearProbe(
      {train, train, 3, 60}, Sweep(0.1, 1, 2, 0), 1,
      [](int64_t epoch, int64_t step, int64_t steps) {
        EXPECT_EQ(steps, 4) << "16, 16, 16 and 12";
        return epoch == 1 && step == 2 ? absl::CancelledError("enough")
                                       : absl::OkStatus();
      });
  EXPECT_EQ(result.status(), absl::CancelledError("enough"));
}

TEST(LinearRatesTest, GoUpInEqualRatiosAndHaveThePublishedOne) {
  LinearSpec spec = Sweep(0.03, 30, 7, 0);
  auto rates = LinearRates(spec);
  ASSERT_TRUE(rates.ok()) << rates.status();
  ASSERT_THAT(*rates, SizeIs(7));
  EXPECT_NEAR(rates->at(1), 0.03 * std::sqrt(10), 1e-12);
  EXPECT_NEAR(rates->at(4), 3, 1e-12);
  spec.set_rates(1);
  EXPECT_THAT(*LinearRates(spec), ElementsAre(0.03));
  spec.set_max_base_lr(0.01);
  EXPECT_EQ(LinearRates(spec).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(LinearDecayTest, IsHalfACosineByEpochs) {
  EXPECT_EQ(LinearDecay(0, 90), 1);
  EXPECT_NEAR(LinearDecay(45, 90), 0.5, 1e-12);
  EXPECT_NEAR(LinearDecay(60, 90), 0.25, 1e-12);
}

}  // namespace
}  // namespace snclr
