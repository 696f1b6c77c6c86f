// SPDX-License-Identifier: MIT
#include "snclr/positiveness.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "gtest/gtest.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

constexpr double kFloat64Rounding = 1e-14;

// y = (3, 4) has norm 5 and cosines 0.6 and 0.8 with the two axes.
at::Tensor Embedding() { return at::tensor({3.0, 4.0}).view({1, 2}); }
at::Tensor Axes() { return at::eye(2, at::kDouble).view({1, 2, 2}); }

TEST(PositivenessTest, CosineIsASoftmaxOfCosines) {
  const auto weights = PositivenessOf(Embedding(), Axes(), {COSINE});
  EXPECT_NEAR(weights[0][1].item<double>(), 1 / (1 + std::exp(0.6 - 0.8)),
              kFloat64Rounding);
  EXPECT_NEAR(weights.sum().item<double>(), 1, kFloat64Rounding);
}

TEST(PositivenessTest, AttentionWithIdentityMapsIsAScaledSoftmaxOfProducts) {
  const auto identity = at::eye(2, at::kDouble);
  const auto weights = PositivenessOf(
      Embedding(), Axes(), {ATTENTION, false, 10.0}, {identity, identity});
  EXPECT_NEAR(weights[0][1].item<double>(), 1 / (1 + std::exp(0.3 - 0.4)),
              kFloat64Rounding);
}

TEST(PositivenessTest, AttentionProjectsBothSides) {
  const AttentionMaps maps{Draws({6, 6}, 1), Draws({6, 6}, 2)};
  const auto embeddings = Draws({4, 6}, 3);
  const auto neighbors = UnitDraws({4, 5, 6}, 4);
  const auto plain = at::softmax(
      at::einsum("bd,bkd->bk",
                 {at::einsum("od,bd->bo", {maps.embedding, embeddings}),
                  at::einsum("od,bkd->bko", {maps.neighbor, neighbors})}) /
          3.0,
      1);
  EXPECT_LT(LargestDifference(PositivenessOf(embeddings, neighbors,
                                             {ATTENTION, false, 3.0}, maps),
                              plain),
            kFloat64Rounding);
}

TEST(PositivenessTest, UniformSharesOneAndHardGivesEachOne) {
  const auto embeddings = Draws({2, 3}, 1);
  const auto neighbors = UnitDraws({2, 4, 3}, 2);
  EXPECT_EQ(LargestDifference(PositivenessOf(embeddings, neighbors, {UNIFORM}),
                              at::full({2, 4}, 0.25)),
            0);
  EXPECT_EQ(LargestDifference(PositivenessOf(embeddings, neighbors, {HARD}),
                              at::ones({2, 4})),
            0);
}

TEST(PositivenessTest, ThresholdCutsWhatIsNotAboveOneKthAndKeepsTheRest) {
  const auto plain = PositivenessOf(Embedding(), Axes(), {COSINE});
  const auto cut = PositivenessOf(Embedding(), Axes(), {COSINE, true});
  EXPECT_EQ(cut[0][0].item<double>(), 0);
  EXPECT_EQ(cut[0][1].item<double>(), plain[0][1].item<double>());
}

TEST(PositivenessTest, ThresholdDropsEqualShares) {
  const auto embeddings = Draws({2, 3}, 1);
  const auto neighbors = UnitDraws({2, 3, 3}, 2);
  const auto one = neighbors.narrow(1, 0, 1);
  const auto sum = [&](Positiveness form, const at::Tensor& of) {
    return PositivenessOf(embeddings, of, {form, true}).sum().item<double>();
  };
  EXPECT_EQ(sum(UNIFORM, neighbors), 0);
  EXPECT_EQ(sum(COSINE, one), 0);
  EXPECT_EQ(sum(HARD, one), 0);
  EXPECT_EQ(sum(HARD, neighbors), 6);
}

TEST(PositivenessTest, GradientsReachEmbeddingsAndMaps) {
  const auto neighbors = UnitDraws({3, 4, 5}, 4);
  const auto upstream = Draws({3, 4}, 5);
  for (const Positiveness form : {COSINE, ATTENTION}) {
    auto embeddings = Draws({3, 5}, 1).set_requires_grad(true);
    AttentionMaps maps{Draws({5, 5}, 2).set_requires_grad(true),
                       Draws({5, 5}, 3).set_requires_grad(true)};
    const auto value = [&] {
      return (PositivenessOf(embeddings, neighbors, {form, false, 2.0}, maps) *
              upstream)
          .sum();
    };
    value().backward();
    EXPECT_LT(LargestDifference(embeddings.grad(),
                                FiniteDifferences(value, embeddings)),
              1e-9);
    if (form == COSINE) continue;
    EXPECT_LT(LargestDifference(maps.embedding.grad(),
                                FiniteDifferences(value, maps.embedding)),
              1e-9);
    EXPECT_LT(LargestDifference(maps.neighbor.grad(),
                                FiniteDifferences(value, maps.neighbor)),
              1e-9);
  }
}

TEST(PositivenessTest, RefusesWhatDoesNotFit) {
  const auto embeddings = Draws({2, 3}, 1);
  const auto neighbors = UnitDraws({2, 4, 3}, 2);
  EXPECT_THROW(PositivenessOf(Draws({3, 3}, 1), neighbors, {COSINE}),
               c10::Error);
  EXPECT_THROW(PositivenessOf(embeddings, neighbors, {ATTENTION}), c10::Error);
  EXPECT_THROW(
      PositivenessOf(embeddings, neighbors, {POSITIVENESS_UNSPECIFIED}),
      c10::Error);
}

}  // namespace
}  // namespace snclr
