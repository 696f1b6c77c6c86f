// SPDX-License-Identifier: MIT
#include "baselines/moco_v3/info_nce.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/ops/unit_rows.h"

namespace snclr {
namespace {

TEST(InfoNceLossTest, IsTwoTLogOfKeyCountWhenKeysCoincide) {
  const auto queries = UnitDraws({2, 8}, 1);
  const auto keys = UnitDraws({1, 8}, 2).repeat({4, 1});
  const auto loss = InfoNceLoss(queries, keys, {0.2, /*rank=*/1});
  EXPECT_NEAR(loss.item<double>(), 2 * 0.2 * std::log(4.0), 1e-12);
}

TEST(InfoNceLossTest, TwoQueriesByHand) {
  // Cosines (1, 0) and (0.6, 0.8) of the queries with the axes, T = 0.5.
  const auto queries =
      at::tensor({1.0, 0.0, 0.6, 0.8}, at::kDouble).view({2, 2});
  const auto keys = at::tensor({1.0, 0.0, 0.0, 1.0}, at::kDouble).view({2, 2});
  const double first = std::log(std::exp(2.0) + 1) - 2;
  const double second = std::log(std::exp(1.2) + std::exp(1.6)) - 1.6;
  EXPECT_NEAR(InfoNceLoss(queries, keys, {0.5, 0}).item<double>(),
              2 * 0.5 * (first + second) / 2, 1e-12);
}

TEST(InfoNceLossTest, TwoRanksAverageToOneRankOfTwiceTheBatch) {
  const auto queries = UnitDraws({6, 8}, 3);
  const auto keys = UnitDraws({6, 8}, 4);
  const auto halves = queries.chunk(2);
  const auto whole = InfoNceLoss(queries, keys, {0.2, 0});
  const auto split = (InfoNceLoss(halves[0], keys, {0.2, 0}) +
                      InfoNceLoss(halves[1], keys, {0.2, 1})) /
                     2;
  EXPECT_NEAR(split.item<double>(), whole.item<double>(), 1e-12);
}

TEST(InfoNceLossTest, GradientIsThatOfFiniteDifferences) {
  const auto queries = Draws({3, 5}, 5).requires_grad_();
  const auto keys = UnitDraws({6, 5}, 6);
  const auto loss = [&] {
    return InfoNceLoss(UnitRows(queries), keys, {0.3, 1, /*block=*/4});
  };
  loss().backward();
  EXPECT_LT(LargestDifference(queries.grad(),
                              FiniteDifferences(loss, queries.detach())),
            1e-8);
}

TEST(InfoNceLossTest, KeysGetNoGradient) {
  const auto queries = UnitDraws({2, 5}, 5).requires_grad_();
  const auto keys = UnitDraws({2, 5}, 6).requires_grad_();
  InfoNceLoss(queries, keys, {0.3, 0}).backward();
  EXPECT_FALSE(keys.grad().defined());
}

TEST(InfoNceLossTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(InfoNceLoss(UnitDraws({2, 5}, 1), UnitDraws({4, 5}, 2),
                           {0.2, /*rank=*/2}),
               c10::Error);
  EXPECT_THROW(
      InfoNceLoss(UnitDraws({2, 5}, 1), UnitDraws({4, 6}, 2), {0.2, 0}),
      c10::Error);
  EXPECT_THROW(InfoNceLoss(UnitDraws({2, 5}, 1), UnitDraws({4, 5}, 2), {0, 0}),
               c10::Error);
}

class GoldenInfoNceTest : public ::testing::TestWithParam<std::string> {
 protected:
  void Check(at::ScalarType dtype) {
    const GoldenFile golden =
        GoldenTestFile("baselines/moco_v3/testdata/moco_v3_loss__" +
                       GetParam() + ".safetensors");
    const bool twice = dtype == at::kDouble;
    const Tolerance loss_tolerance{twice ? 1e-12 : 2e-6};
    const Tolerance gradient_tolerance{twice ? 1e-12 : 2e-5};
    const std::string digits = twice ? "64." : ".";
    const auto input = [&](int64_t rank, const char* name) {
      return golden.Tensor("rank" + std::to_string(rank) + ".in." + name)
          .to(dtype, /*non_blocking=*/false, /*copy=*/true);
    };
    std::vector<at::Tensor> keys;
    for (int64_t rank = 0; rank < golden.Int("world_size"); ++rank) {
      keys.push_back(UnitRows(input(rank, "k")));
    }
    for (int64_t rank = 0; rank < golden.Int("world_size"); ++rank) {
      const std::string prefix = "rank" + std::to_string(rank) + ".";
      const auto queries = input(rank, "q").set_requires_grad(true);
      const auto loss = InfoNceLoss(UnitRows(queries), at::cat(keys),
                                    {golden.Double("temperature"), rank});
      loss.backward();
      EXPECT_TRUE(IsClose(loss, golden.Tensor(prefix + "out" + digits + "loss"),
                          loss_tolerance));
      EXPECT_TRUE(IsClose(queries.grad(),
                          golden.Tensor(prefix + "grad" + digits + "q"),
                          gradient_tolerance));
    }
  }
};

TEST_P(GoldenInfoNceTest, AgreesInFloat32) { Check(at::kFloat); }

TEST_P(GoldenInfoNceTest, AgreesInFloat64) { Check(at::kDouble); }

INSTANTIATE_TEST_SUITE_P(Published, GoldenInfoNceTest,
                         ::testing::Values("w1_a", "w1_b", "w2", "w4"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace snclr
