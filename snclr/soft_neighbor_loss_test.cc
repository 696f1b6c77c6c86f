// SPDX-License-Identifier: MIT
#include "snclr/soft_neighbor_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/dense_soft_neighbor_loss.h"
#include "snclr/positiveness.h"

namespace snclr {
namespace {

constexpr double kFloat64Rounding = 1e-13;
constexpr double kTemperature = 0.2;

// One step's tensors of one rank among two, small enough for differences.
struct Step {
  int64_t ranks = 2;
  int64_t rank = 1;
  int64_t batch = 3;
  int64_t neighbors = 4;
  int64_t dim = 5;
  at::Tensor queries = Draws({batch, dim}, 1);     // raw
  at::Tensor embeddings = Draws({batch, dim}, 2);  // raw
  AttentionMaps maps{Draws({dim, dim}, 3), Draws({dim, dim}, 4)};
  at::Tensor candidates_global =
      UnitDraws({ranks * batch, neighbors + 1, dim}, 5);

  at::Tensor Own() const {
    return candidates_global.narrow(0, rank * batch, batch);
  }
  at::Tensor Columns(bool neighbors_as_negatives) const {
    return neighbors_as_negatives ? candidates_global.flatten(0, 1)
                                  : candidates_global.select(1, 0);
  }
  at::Tensor Loss(const PositivenessOptions& positiveness,
                  const SoftNeighborLossOptions& options) const {
    return SoftNeighborLoss(
        UnitRows(queries),
        PositivenessOf(embeddings, Own().narrow(1, 1, neighbors), positiveness,
                       maps),
        Own(), Columns(options.neighbors_as_negatives), options);
  }
};

TEST(SoftNeighborLossTest, IsWhatThePaperAndTheCodeSayForTwoAxes) {
  // q is the key and at right angles to its neighbour: scores 1/T and 0.
  const auto queries = at::tensor({1.0, 0.0}).view({1, 2});
  const auto candidates = at::eye(2, at::kDouble).view({1, 2, 2});
  const auto weights = at::full({1, 1}, 0.5, at::kDouble);
  const double log_z = std::log(std::exp(1 / kTemperature) + 1);
  const auto loss = [&](SnclrObjective objective) {
    return SoftNeighborLoss(queries, weights, candidates,
                            candidates.flatten(0, 1), {objective, kTemperature})
        .item<double>();
  };
  EXPECT_NEAR(loss(CODE),
              2 * kTemperature * ((log_z - 1 / kTemperature) + 0.5 * log_z),
              kFloat64Rounding);
  EXPECT_NEAR(loss(PAPER), log_z - std::log(std::exp(1 / kTemperature) + 0.5),
              kFloat64Rounding);
}

TEST(SoftNeighborLossTest, IsInfoNceWithoutNeighbors) {
  const auto queries = UnitDraws({3, 5}, 1);
  const auto keys_global = UnitDraws({6, 5}, 2);
  const auto cross_entropy =
      -at::log_softmax(at::mm(queries, keys_global.t()) / kTemperature, 1)
           .narrow(1, 3, 3)
           .diagonal()
           .mean()
           .item<double>();
  for (const bool as_negatives : {true, false}) {
    const auto loss = [&](SnclrObjective objective) {
      return SoftNeighborLoss(queries, at::full({3, 0}, 0.0, at::kDouble),
                              keys_global.narrow(0, 3, 3).unsqueeze(1),
                              keys_global,
                              {objective, kTemperature, as_negatives})
          .item<double>();
    };
    EXPECT_NEAR(loss(PAPER), cross_entropy, kFloat64Rounding);
    EXPECT_NEAR(loss(CODE), 2 * kTemperature * cross_entropy, kFloat64Rounding);
  }
}

TEST(SoftNeighborLossTest, DoesNotDependOnTheNeighborsOrder) {
  Step step;
  const auto order = at::tensor({0, 3, 1, 4, 2}, at::kLong);  // key stays first
  Step reordered = step;
  reordered.candidates_global = step.candidates_global.index_select(1, order);
  for (const SnclrObjective objective : {CODE, PAPER}) {
    EXPECT_LT(LargestDifference(
                  step.Loss({COSINE, true}, {objective, kTemperature}),
                  reordered.Loss({COSINE, true}, {objective, kTemperature})),
              kFloat64Rounding);
  }
}

TEST(SoftNeighborLossTest, RanksAverageToOneRankOfTheWholeBatch) {
  // Without neighbours as negatives every row has its own extra columns; the
  // split holds all the same, since they are the row's own.
  for (const bool as_negatives : {true, false}) {
    const SoftNeighborLossOptions options{CODE, kTemperature, as_negatives};
    Step whole;
    whole.ranks = 1;
    whole.rank = 0;
    whole.batch = 6;
    whole.queries = Draws({6, 5}, 1);
    whole.embeddings = Draws({6, 5}, 2);
    double sum = 0;
    for (const int64_t rank : {0, 1}) {
      Step part;
      part.rank = rank;
      part.queries = whole.queries.narrow(0, 3 * rank, 3);
      part.embeddings = whole.embeddings.narrow(0, 3 * rank, 3);
      sum += part.Loss({COSINE}, options).item<double>();
    }
    EXPECT_NEAR(sum / 2, whole.Loss({COSINE}, options).item<double>(),
                kFloat64Rounding);
  }
}

TEST(SoftNeighborLossTest, NeighborsAsNegativesOnlyRaiseIt) {
  const Step step;
  const double with =
      step.Loss({COSINE}, {CODE, kTemperature, true}).item<double>();
  const double without =
      step.Loss({COSINE}, {CODE, kTemperature, false}).item<double>();
  EXPECT_GT(with, without);
}

TEST(SoftNeighborLossTest, PaperStaysFiniteWhereTheKeyIsFarAndTAtItsSmallest) {
  const auto queries =
      at::tensor({1.0f, 0.0f}).view({1, 2}).set_requires_grad(true);
  const auto candidates = at::tensor({-1.0f, 0.0f, 1.0f, 0.0f}).view({1, 2, 2});
  for (const float weight : {0.0f, 1e-30f, 1.0f}) {
    auto weights = at::full({1, 1}, weight).set_requires_grad(true);
    const auto loss = SoftNeighborLoss(
        queries, weights, candidates, candidates.flatten(0, 1), {PAPER, 0.005});
    loss.backward();
    EXPECT_TRUE(loss.isfinite().item<bool>()) << weight;
    EXPECT_TRUE(queries.grad().isfinite().all().item<bool>()) << weight;
    EXPECT_TRUE(weights.grad().isfinite().all().item<bool>()) << weight;
  }
}

TEST(SoftNeighborLossTest, RefusesShapesThatDoNotFit) {
  const auto queries = UnitDraws({2, 3}, 1);
  const auto candidates = UnitDraws({2, 3, 3}, 2);
  const auto columns = candidates.flatten(0, 1);
  const auto weights = at::full({2, 3}, 0.3, at::kDouble);  // K is 2
  EXPECT_THROW(
      SoftNeighborLoss(queries, weights, candidates, columns, {CODE, 0.2}),
      c10::Error);
  EXPECT_THROW(SoftNeighborLoss(queries, weights.narrow(1, 0, 2), candidates,
                                columns, {SNCLR_OBJECTIVE_UNSPECIFIED, 0.2}),
               c10::Error);
}

// Every form of the loss: against the dense form, and against differences.
class EveryFormTest
    : public ::testing::TestWithParam<
          std::tuple<SnclrObjective, Positiveness, bool, bool>> {
 protected:
  SoftNeighborLossOptions LossOptions() const {
    return {std::get<0>(GetParam()), kTemperature, std::get<2>(GetParam()),
            /*block=*/7};
  }
  PositivenessOptions Weights() const {
    return {std::get<1>(GetParam()), std::get<3>(GetParam()), 2.0};
  }
};

void RequireGradients(Step& step) {
  for (at::Tensor* leaf : {&step.queries, &step.embeddings,
                           &step.maps.embedding, &step.maps.neighbor}) {
    leaf->set_requires_grad(true);
  }
}

TEST_P(EveryFormTest, EqualsTheDenseForm) {
  Step ours;
  Step dense;
  RequireGradients(ours);
  RequireGradients(dense);
  const auto loss = ours.Loss(Weights(), LossOptions());
  const auto expected = DenseSoftNeighborLoss(
      UnitRows(dense.queries), dense.embeddings, dense.candidates_global,
      dense.rank, Weights(), LossOptions(), dense.maps);
  EXPECT_LT(LargestDifference(loss, expected), kFloat64Rounding);
  loss.backward();
  expected.backward();
  EXPECT_LT(LargestDifference(ours.queries.grad(), dense.queries.grad()),
            kFloat64Rounding);
  if (!dense.embeddings.grad().defined()) {
    EXPECT_FALSE(ours.embeddings.grad().defined());
    return;
  }
  EXPECT_LT(LargestDifference(ours.embeddings.grad(), dense.embeddings.grad()),
            kFloat64Rounding);
  if (!dense.maps.neighbor.grad().defined()) return;
  EXPECT_LT(LargestDifference(ours.maps.embedding.grad(),
                              dense.maps.embedding.grad()),
            kFloat64Rounding);
  EXPECT_LT(
      LargestDifference(ours.maps.neighbor.grad(), dense.maps.neighbor.grad()),
      kFloat64Rounding);
}

TEST_P(EveryFormTest, ItsGradientsAreItsSlopes) {
  constexpr double kDifferencing = 1e-8;  // h = 1e-5, centred
  Step step;
  RequireGradients(step);
  const auto value = [&] { return step.Loss(Weights(), LossOptions()); };
  value().backward();
  for (const at::Tensor& leaf : {step.queries, step.embeddings,
                                 step.maps.embedding, step.maps.neighbor}) {
    const at::Tensor slopes = FiniteDifferences(value, leaf);
    if (leaf.grad().defined()) {
      EXPECT_LT(LargestDifference(leaf.grad(), slopes), kDifferencing);
    } else {
      EXPECT_EQ(slopes.abs().max().item<double>(), 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryFormTest,
    ::testing::Combine(::testing::Values(CODE, PAPER),
                       ::testing::Values(ATTENTION, COSINE, UNIFORM, HARD),
                       ::testing::Bool(), ::testing::Bool()),
    [](const auto& info) {
      return SnclrObjective_Name(std::get<0>(info.param)) +
             Positiveness_Name(std::get<1>(info.param)) +
             (std::get<2>(info.param) ? "NeighborsNegative" : "KeysNegative") +
             (std::get<3>(info.param) ? "Threshold" : "");
    });

}  // namespace
}  // namespace snclr
