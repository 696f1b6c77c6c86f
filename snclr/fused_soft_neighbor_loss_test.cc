// SPDX-License-Identifier: MIT
// The form that SoftNeighborLoss takes on a GPU, on the CPU: against the
// operators' form, and against the published numbers.
#include "snclr/fused_soft_neighbor_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/positiveness.h"

namespace snclr {
namespace {

constexpr double kFloat64Rounding = 1e-13;
constexpr double kTemperature = 0.2;

// Queries, weights (one of them 0) and candidates; a bigger set of columns.
struct Step {
  explicit Step(int64_t neighbors)
      : queries(UnitDraws({6, 8}, 1)),
        weights(UnitDraws({6, neighbors + 1}, 2)
                    .square()
                    .narrow(1, 0, neighbors)
                    .contiguous()),
        candidates(UnitDraws({6, neighbors + 1, 8}, 3)),
        columns(UnitDraws({31, 8}, 4)) {
    if (neighbors > 1) weights[2][1] = 0;
    queries.set_requires_grad(true);
    weights.set_requires_grad(true);
  }
  at::Tensor queries, weights, candidates, columns;
};

using Form = std::tuple<SnclrObjective, bool, int>;
class EveryFormTest : public ::testing::TestWithParam<Form> {};

TEST_P(EveryFormTest, EqualsTheOperatorsForm) {
  const auto [objective, as_negatives, neighbors] = GetParam();
  const SoftNeighborLossOptions options = {objective, kTemperature,
                                           as_negatives};
  const Step fused(neighbors), plain(neighbors);
  const auto loss = FusedSoftNeighborLoss(
      fused.queries, fused.weights, fused.candidates, fused.columns, options);
  const auto expected = SoftNeighborLoss(
      plain.queries, plain.weights, plain.candidates, plain.columns, options);
  EXPECT_LT(LargestDifference(loss, expected), kFloat64Rounding);
  // Of 3 times the loss: what comes from behind scales the gradients.
  (loss * 3).backward();
  (expected * 3).backward();
  EXPECT_LT(LargestDifference(fused.queries.grad(), plain.queries.grad()),
            kFloat64Rounding);
  if (neighbors == 0) return;
  EXPECT_LT(LargestDifference(fused.weights.grad(), plain.weights.grad()),
            kFloat64Rounding);
}

INSTANTIATE_TEST_SUITE_P(All, EveryFormTest,
                         ::testing::Combine(::testing::Values(CODE, PAPER),
                                            ::testing::Bool(),
                                            ::testing::Values(0, 1, 5)),
                         [](const auto& info) {
                           return SnclrObjective_Name(std::get<0>(info.param)) +
                                  (std::get<1>(info.param) ? "NeighborsNegative"
                                                           : "KeysNegative") +
                                  std::to_string(std::get<2>(info.param));
                         });

TEST(FusedSoftNeighborLossTest, GivesGradientsToThoseThatWantThem) {
  Step step(3);
  step.weights = step.weights.detach();
  FusedSoftNeighborLoss(step.queries, step.weights, step.candidates,
                        step.columns, {CODE, kTemperature})
      .backward();
  EXPECT_TRUE(step.queries.grad().defined());
  EXPECT_FALSE(step.weights.grad().defined());
}

TEST(FusedSoftNeighborLossTest, PaperStaysFiniteWhereTheKeyIsFar) {
  const auto queries =
      at::tensor({1.0f, 0.0f}).view({1, 2}).set_requires_grad(true);
  const auto candidates = at::tensor({-1.0f, 0.0f, 1.0f, 0.0f}).view({1, 2, 2});
  for (const float weight : {0.0f, 1e-30f, 1.0f}) {
    auto weights = at::tensor({weight}).view({1, 1}).set_requires_grad(true);
    const auto loss = FusedSoftNeighborLoss(
        queries, weights, candidates, candidates.flatten(0, 1), {PAPER, 0.005});
    loss.backward();
    EXPECT_TRUE(loss.isfinite().item<bool>()) << weight;
    EXPECT_TRUE(queries.grad().isfinite().all().item<bool>()) << weight;
    EXPECT_TRUE(weights.grad().isfinite().all().item<bool>()) << weight;
  }
}

class GoldenLossTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenLossTest, AgreesWithThePublishedLossAndGradients) {
  const GoldenFile golden = GoldenTestFile("snclr/testdata/snclr_loss__" +
                                           GetParam() + ".safetensors");
  const auto of = [&](const char* name) {
    return golden.Tensor(std::string("rank0.") + name);
  };
  const int64_t neighbors = golden.Int("topk");
  const auto q = of("in.q").to(at::kFloat).set_requires_grad(true);
  const auto y = of("in.q_pre").to(at::kFloat).set_requires_grad(true);
  const auto candidates = UnitRows(of("in.k_keep").to(at::kFloat))
                              .view({-1, neighbors + 1, golden.Int("dim")});
  const auto weights = PositivenessOf(y, candidates.narrow(1, 1, neighbors),
                                      {COSINE, golden.Bool("threshold")});
  const auto loss = FusedSoftNeighborLoss(UnitRows(q), weights, candidates,
                                          candidates.flatten(0, 1),
                                          {CODE, golden.Double("temperature")});
  loss.backward();
  constexpr Tolerance kLoss{2e-6};
  constexpr Tolerance kGradient{2e-5, 1e-8};
  EXPECT_TRUE(IsClose(loss, of("out.loss"), kLoss));
  EXPECT_TRUE(IsClose(q.grad(), of("grad.q"), kGradient));
  EXPECT_TRUE(IsClose(y.grad(), of("grad.q_pre"), kGradient));
}

INSTANTIATE_TEST_SUITE_P(OneRank, GoldenLossTest,
                         ::testing::Values("w1_a", "w1_b", "w1_k1", "w1_k30",
                                           "w1_threshold"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace snclr
