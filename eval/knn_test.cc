// SPDX-License-Identifier: MIT
#include "eval/knn.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "snclr/core/base/safetensors.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

// Float32 cosines divided by T = 0.07 and exponentiated.
constexpr double kScoreTolerance = 1e-5;

at::Tensor Labels(std::vector<int64_t> labels) { return at::tensor(labels); }

at::Tensor Rows(std::vector<float> values, int64_t columns) {
  return at::tensor(values).view({-1, columns});
}

struct Sample {
  at::Tensor train;
  at::Tensor train_labels;
  at::Tensor test;
  at::Tensor test_labels;
  int64_t classes;
};

Sample RandomSample(int64_t train, int64_t test, int64_t dim, int64_t classes,
                    uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  Sample sample;
  sample.train = at::randn({train, dim}, generator);
  sample.test = at::randn({test, dim}, generator);
  sample.train_labels = at::randint(0, classes, {train}, generator, at::kLong);
  sample.test_labels = at::randint(0, classes, {test}, generator, at::kLong);
  sample.classes = classes;
  return sample;
}

at::Tensor ScoresOf(const Sample& sample, const KnnOptions& options) {
  const auto scores = KnnScores(sample.train, sample.train_labels, sample.test,
                                sample.classes, options);
  EXPECT_TRUE(scores.ok()) << scores.status();
  return scores.ok() ? *scores : at::Tensor();
}

bool Close(const at::Tensor& got, const at::Tensor& wanted) {
  return at::allclose(got, wanted, kScoreTolerance, /*atol=*/1e-9);
}

TEST(KnnScoresTest, SumsTheVotesOfTheNearestByClass) {
  // Cosines to (1, 0): 1, 0.8, 0.6, -1. The three nearest vote.
  const auto scores =
      KnnScores(Rows({2, 0, 4, 3, 3, 4, -1, 0}, 2), Labels({1, 0, 1, 0}),
                Rows({5, 0}, 2), 3, {3, 0.5});
  ASSERT_TRUE(scores.ok()) << scores.status();
  const double one = std::exp(1 / 0.5) + std::exp(0.6 / 0.5);
  EXPECT_NEAR((*scores)[0][0].item<double>(), std::exp(0.8 / 0.5), 1e-5);
  EXPECT_NEAR((*scores)[0][1].item<double>(), one, 1e-5);
  EXPECT_EQ((*scores)[0][2].item<double>(), 0);
}

TEST(KnnScoresTest, LowTemperatureTrustsTheClosestAndHighTheMajority) {
  const auto train = Rows({1, 0, 4, 3, 4, -3}, 2);
  const auto winner = [&](double temperature) {
    const auto scores = KnnScores(train, Labels({1, 0, 0}), Rows({1, 0}, 2), 2,
                                  {3, temperature});
    EXPECT_TRUE(scores.ok()) << scores.status();
    return scores->argmax(1).item<int64_t>();
  };
  EXPECT_EQ(winner(0.1), 1);
  EXPECT_EQ(winner(10), 0);
}

TEST(KnnScoresTest, DoesNotDependOnTheLengthOfFeatures) {
  const Sample sample = RandomSample(50, 20, 6, 4, /*seed=*/1);
  Sample scaled = sample;
  scaled.train = sample.train.mul(at::arange(1, 51).unsqueeze(1));
  scaled.test = sample.test.mul(0.01);
  EXPECT_TRUE(Close(ScoresOf(scaled, {7, 0.07}), ScoresOf(sample, {7, 0.07})));
}

TEST(KnnScoresTest, DoesNotDependOnTheOrderOfTrainingImages) {
  const Sample sample = RandomSample(50, 20, 6, 4, /*seed=*/2);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(3);
  const auto order = at::randperm(50, generator, at::kLong);
  Sample shuffled = sample;
  shuffled.train = sample.train.index_select(0, order);
  shuffled.train_labels = sample.train_labels.index_select(0, order);
  EXPECT_TRUE(
      Close(ScoresOf(shuffled, {7, 0.07}), ScoresOf(sample, {7, 0.07})));
}

// More rows than a block on both sides, against a sort of all similarities.
TEST(KnnScoresTest, BlocksGiveWhatTheWholeMatrixGives) {
  const Sample sample = RandomSample(33000, 1100, 4, 5, /*seed=*/4);
  const auto unit = [](const at::Tensor& rows) {
    return rows.div(at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, true));
  };
  const auto test = sample.test.slice(0, 1000, 1100);
  const auto [similarity, index] =
      unit(test).matmul(unit(sample.train).t()).sort(1, /*descending=*/true);
  auto wanted = at::zeros({100, 5}, at::kDouble);
  const auto votes = similarity.slice(1, 0, 9).to(at::kDouble).div(0.2).exp();
  const auto nearest = index.slice(1, 0, 9);
  wanted.scatter_add_(
      1, sample.train_labels.index_select(0, nearest.flatten()).view({100, 9}),
      votes);
  EXPECT_TRUE(Close(ScoresOf(sample, {9, 0.2}).slice(0, 1000, 1100), wanted));
}

TEST(AccuracyOfScoresTest, CountsTheBestAndTheFiveBest) {
  const auto scores = at::tensor({6.0, 5.0, 4.0, 3.0, 2.0, 1.0}).repeat({4, 1});
  const auto result = AccuracyOfScores(scores, Labels({0, 1, 4, 5}));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_DOUBLE_EQ(result->top1, 25);
  EXPECT_DOUBLE_EQ(result->top5, 75);
  EXPECT_EQ(result->test_images, 4);
}

TEST(AccuracyOfScoresTest, EqualScoresRankByClassNumber) {
  const auto scores = at::zeros({2, 7}, at::kDouble);
  const auto result = AccuracyOfScores(scores, Labels({0, 6}));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_DOUBLE_EQ(result->top1, 50);
  EXPECT_DOUBLE_EQ(result->top5, 50);
}

TEST(WeightedKnnTest,
     FewerTrainingImagesThanNeighborsIsAnErrorWithBothNumbers) {
  const Sample sample = RandomSample(12, 3, 4, 2, /*seed=*/5);
  const auto result =
      WeightedKnn(sample.train, sample.train_labels, sample.test,
                  sample.test_labels, 2, {20, 0.07});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(result.status().ToString(), HasSubstr("20 neighbors"));
  EXPECT_THAT(result.status().ToString(), HasSubstr("12"));
}

TEST(WeightedKnnTest, LabelsOutsideTheClassesAreRefused) {
  Sample sample = RandomSample(30, 3, 4, 2, /*seed=*/6);
  sample.test_labels = Labels({0, 1, 2});
  const auto result =
      WeightedKnn(sample.train, sample.train_labels, sample.test,
                  sample.test_labels, 2, {20, 0.07});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(result.status().ToString(), HasSubstr("test labels from 0 to 2"));
}

class GoldenKnnTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenKnnTest, AgreesWithLightlyAndSoloLearn) {
  const auto file = ReadTensorFile("eval/testdata/" + GetParam());
  ASSERT_TRUE(file.ok()) << file.status();
  const auto& tensors = file->tensors;
  const auto number = [&](const char* name) {
    return std::atof(file->metadata.at(name).c_str());
  };
  const KnnOptions options{static_cast<int64_t>(number("k")),
                           number("temperature")};
  const auto scores =
      KnnScores(tensors.at("in.train_features"), tensors.at("in.train_labels"),
                tensors.at("in.test_features"), number("classes"), options);
  ASSERT_TRUE(scores.ok()) << scores.status();
  EXPECT_TRUE(Close(*scores, tensors.at("out64.scores")));
  EXPECT_TRUE(at::equal(scores->argmax(1), tensors.at("out.predicted")));
  const auto result = AccuracyOfScores(*scores, tensors.at("in.test_labels"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->top1, number("top1"), 1e-9);
  EXPECT_NEAR(result->top5, number("top5"), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenKnnTest,
                         ::testing::Values("knn__a.safetensors",
                                           "knn__b.safetensors"));

// Nothing compares with what is no number: each such image would count as
// right.
TEST(AccuracyTest, RefusesScoresThatAreNoNumbers) {
  auto scores = at::ones({2, 3}, at::kDouble);
  scores.select(0, 1).fill_(std::numeric_limits<double>::quiet_NaN());
  const auto result = AccuracyOfScores(scores, at::tensor({0, 1}, at::kLong));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace snclr
