// SPDX-License-Identifier: MIT
#include "baselines/nnclr/nnclr_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/ops/unit_rows.h"

namespace snclr {
namespace {

at::Tensor NtXent(const at::Tensor& neighbors, const at::Tensor& predictions,
                  double temperature) {
  return NeighborNtXent(neighbors, predictions, neighbors.size(0),
                        {temperature, 0});
}

// Neighbours are two axes, predictions the same axes: cosines 1 and 0.
TEST(NeighborInfoNceTest, TwoAxesByHand) {
  const auto axes = at::eye(2, at::kDouble);
  EXPECT_NEAR(NeighborInfoNce(axes, axes, {0.5, 0}).item<double>(),
              std::log(std::exp(2.0) + 1) - 2, 1e-12);
}

// An anchor's other three columns: its positive at cosine 1, two at 0.
TEST(NeighborNtXentTest, TwoAxesByHand) {
  const auto axes = at::eye(2, at::kDouble);
  EXPECT_NEAR(NtXent(axes, axes, 0.5).item<double>(),
              std::log(std::exp(2.0) + 2) - 2, 1e-12);
}

TEST(NeighborInfoNceTest, IsLogOfColumnCountWhenPredictionsCoincide) {
  const auto same = UnitDraws({1, 8}, 2).repeat({6, 1});
  EXPECT_NEAR(
      NeighborInfoNce(UnitDraws({2, 8}, 1), same, {0.1, 1}).item<double>(),
      std::log(6.0), 1e-12);
}

TEST(NeighborNtXentTest, IsLogOfTheOthersWhenAllCoincide) {
  const auto same = UnitDraws({1, 8}, 2).repeat({3, 1});
  EXPECT_NEAR(NtXent(same, same, 0.1).item<double>(), std::log(5.0), 1e-12);
}

// Pushing apart predictions among themselves is what only NT-Xent does.
TEST(NeighborNtXentTest, HasTheSameViewsPairsAmongItsNegatives) {
  const auto neighbors = at::eye(2, at::kDouble);
  const auto apart = at::eye(2, at::kDouble);
  const auto near = UnitRows(at::eye(2, at::kDouble) + 0.5);
  const double plain =
      NeighborInfoNce(neighbors, near, {0.5, 0}).item<double>() -
      NeighborInfoNce(neighbors, apart, {0.5, 0}).item<double>();
  const double both = NtXent(neighbors, near, 0.5).item<double>() -
                      NtXent(neighbors, apart, 0.5).item<double>();
  EXPECT_GT(both, plain);
}

TEST(NnclrLossTest, RanksAverageToOneRankOfTheWholeBatch) {
  const auto neighbors = UnitDraws({6, 8}, 3);
  const auto predictions = UnitDraws({6, 8}, 4);
  at::Tensor solo = at::zeros({}, at::kDouble), lightly = solo.clone();
  for (int64_t rank = 0; rank < 3; ++rank) {
    solo += NeighborInfoNce(neighbors.narrow(0, 2 * rank, 2), predictions,
                            {0.2, rank}) /
            3;
    lightly += NeighborNtXent(neighbors, predictions, 2, {0.2, rank}) / 3;
  }
  EXPECT_NEAR(solo.item<double>(),
              NeighborInfoNce(neighbors, predictions, {0.2, 0}).item<double>(),
              1e-12);
  EXPECT_NEAR(lightly.item<double>(),
              NtXent(neighbors, predictions, 0.2).item<double>(), 1e-12);
}

TEST(NnclrLossTest, GradientsAreThoseOfFiniteDifferences) {
  const auto neighbors = UnitDraws({4, 5}, 5);
  const auto predictions = Draws({4, 5}, 6).requires_grad_();
  const std::vector<std::function<at::Tensor()>> losses = {
      [&] {
        return NeighborInfoNce(neighbors.narrow(0, 2, 2), UnitRows(predictions),
                               {0.3, 1});
      },
      [&] {
        return NeighborNtXent(neighbors, UnitRows(predictions), 2, {0.3, 1});
      }};
  for (const auto& loss : losses) {
    predictions.mutable_grad() = at::Tensor();
    loss().backward();
    EXPECT_LT(LargestDifference(predictions.grad(),
                                FiniteDifferences(loss, predictions.detach())),
              1e-8);
  }
}

TEST(NnclrLossTest, RefusesWhatDoesNotFit) {
  const auto two = UnitDraws({2, 5}, 1), four = UnitDraws({4, 5}, 2);
  EXPECT_THROW(NeighborInfoNce(two, four, {0.1, /*rank=*/2}), c10::Error);
  EXPECT_THROW(NeighborInfoNce(two, UnitDraws({4, 6}, 2), {0.1, 0}),
               c10::Error);
  EXPECT_THROW(NeighborInfoNce(two, four, {0, 0}), c10::Error);
  EXPECT_THROW(NeighborNtXent(two, four, 2, {0.1, 0}), c10::Error);
  EXPECT_THROW(NeighborNtXent(four, four, 2, {0.1, 2}), c10::Error);
}

// A step of either library on every rank of the file, gathers replaced by the
// tensors that the file holds. The loss is symmetric in the views.
class GoldenNnclrTest : public ::testing::TestWithParam<std::string> {
 protected:
  struct View {
    std::vector<at::Tensor> neighbors;    // of each rank, [B, D]
    std::vector<at::Tensor> predictions;  // of each rank, [B, D]
  };

  std::string Name(int64_t rank, const std::string& name) const {
    return "rank" + std::to_string(rank) + "." + name;
  }

  View ViewOf(const std::string& library, int view,
              at::ScalarType dtype) const {
    View tensors;
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      const auto leaf = [&](const std::string& name) {
        return golden_.Tensor(Name(rank, name + std::to_string(view)))
            .to(dtype, /*non_blocking=*/false, /*copy=*/true)
            .set_requires_grad(true);
      };
      tensors.neighbors.push_back(leaf(library + ".out.nn"));
      tensors.predictions.push_back(leaf("in.p"));
    }
    return tensors;
  }

  at::Tensor Direction(const std::string& library, const View& anchors,
                       const View& targets, int64_t rank) const {
    const auto all = [](const std::vector<at::Tensor>& parts) {
      return UnitRows(at::cat(parts));
    };
    const NnclrLossOptions options{golden_.Double("temperature"), rank};
    return library == "solo"
               ? NeighborInfoNce(UnitRows(anchors.neighbors[rank]),
                                 all(targets.predictions), options)
               : NeighborNtXent(all(anchors.neighbors),
                                all(targets.predictions), golden_.Int("batch"),
                                options);
  }

  void Check(const std::string& library, at::ScalarType dtype) const {
    const bool twice = dtype == at::kDouble;
    const Tolerance loss_tolerance{twice ? 1e-12 : 2e-6};
    const Tolerance gradient_tolerance{twice ? 1e-12 : 2e-5, 1e-14};
    const std::string digits = twice ? "64." : ".";
    const View view0 = ViewOf(library, 0, dtype);
    const View view1 = ViewOf(library, 1, dtype);
    at::Tensor sum = at::zeros({}, dtype);
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      const auto loss = (Direction(library, view0, view1, rank) +
                         Direction(library, view1, view0, rank)) /
                        2;
      EXPECT_TRUE(IsClose(
          loss, golden_.Tensor(Name(rank, library + ".out" + digits + "loss")),
          loss_tolerance));
      sum = sum + loss;
    }
    sum.backward();
    for (int64_t rank = 0; rank < ranks_; ++rank) {
      const auto compare = [&](const std::string& name,
                               const at::Tensor& leaf) {
        const std::string full = Name(rank, library + ".grad" + digits + name);
        EXPECT_TRUE(
            IsClose(leaf.grad(), golden_.Tensor(full), gradient_tolerance))
            << full;
      };
      compare("p0", view0.predictions[rank]);
      compare("p1", view1.predictions[rank]);
      if (library != "solo") continue;
      compare("nn0", view0.neighbors[rank]);
      compare("nn1", view1.neighbors[rank]);
    }
  }

  const GoldenFile golden_ = GoldenTestFile(
      "baselines/nnclr/testdata/nnclr_loss__" + GetParam() + ".safetensors");
  const int64_t ranks_ = golden_.Int("world_size");
};

TEST_P(GoldenNnclrTest, SoloAgrees) {
  Check("solo", at::kFloat);
  Check("solo", at::kDouble);
}

TEST_P(GoldenNnclrTest, LightlyAgrees) {
  Check("lightly", at::kFloat);
  Check("lightly", at::kDouble);
}

INSTANTIATE_TEST_SUITE_P(Published, GoldenNnclrTest,
                         ::testing::Values("w1_a", "w1_b", "w2", "w4"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace snclr
