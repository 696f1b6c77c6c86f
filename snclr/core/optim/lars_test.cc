// SPDX-License-Identifier: MIT
#include "snclr/core/optim/lars.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"

namespace snclr {
namespace {

at::Tensor Leaf(at::IntArrayRef shape, double value) {
  return at::full(shape, value, at::kDouble).requires_grad_();
}

// |p| = 2, g = 0.5 * 2 + 0.5 * 1 = 1.5 in each of 4, |g| = 3: the step is
// lr * 0.3 * 2/3 * 1.5 = 0.03.
TEST(LarsTest, AMatrixByHand) {
  const at::Tensor w = Leaf({2, 2}, 1);
  FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
  Lars optimizer(flat, {/*weight_decay=*/0.5, /*momentum=*/0.9,
                        /*trust_coefficient=*/0.3});
  w.mutable_grad().fill_(2);
  optimizer.Step(/*learning_rate=*/0.1, /*gradient_scale=*/0.5);
  EXPECT_NEAR(w[1][1].item<double>(), 0.97, 1e-14);
}

TEST(LarsTest, VectorsNeitherDecayNorAreScaled) {
  const at::Tensor bias = Leaf({4}, 1), still = Leaf({4}, 1);
  FlatParameters flat({{"bias", bias}, {"still", still}},
                      FlatParameters::kWithGradients);
  Lars optimizer(flat, {/*weight_decay=*/0.5, 0.9, 0.001});
  bias.mutable_grad().fill_(2);
  optimizer.Step(0.1);
  EXPECT_NEAR(bias[0].item<double>(), 0.8, 1e-15);
  EXPECT_EQ(still[0].item<double>(), 1);
}

TEST(LarsTest, ZeroWeightsAndZeroGradientsAreNotScaled) {
  const at::Tensor zero = Leaf({2, 2}, 0), quiet = Leaf({2, 2}, 1);
  FlatParameters flat({{"zero", zero}, {"quiet", quiet}},
                      FlatParameters::kWithGradients);
  Lars optimizer(flat, {/*weight_decay=*/0, 0.9, 0.001});
  zero.mutable_grad().fill_(1);
  optimizer.Step(0.1);
  EXPECT_NEAR(zero[0][0].item<double>(), -0.1, 1e-15);
  EXPECT_EQ(quiet[0][0].item<double>(), 1);
}

// trust |p| / |g| is 0.5 * 2 / 4 = 0.25: below the learning rate it is the
// step's factor, above it the learning rate is.
TEST(LarsTest, AClippedRatioIsBoundedByTheLearningRate) {
  for (const auto& [learning_rate, factor] :
       {std::pair<double, double>{1, 0.25}, {0.125, 0.125}}) {
    const at::Tensor w = Leaf({2, 2}, 1);
    FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
    Lars optimizer(flat, {/*weight_decay=*/0, 0.9, 0.5, /*clip_ratio=*/true});
    w.mutable_grad().fill_(2);
    optimizer.Step(learning_rate);
    EXPECT_NEAR(w[0][0].item<double>(), 1 - factor * 2, 1e-14);
  }
}

// With a learning rate of 0 nothing moves, whatever the ratio is.
TEST(LarsTest, AClippedRatioAtALearningRateOfZeroIsOne) {
  const at::Tensor w = Leaf({2, 2}, 1);
  FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
  Lars optimizer(flat, {/*weight_decay=*/0, 0.9, 0.5, /*clip_ratio=*/true});
  w.mutable_grad().fill_(2);
  optimizer.Step(0);
  EXPECT_EQ(w[0][0].item<double>(), 1);
  EXPECT_EQ(optimizer.State()[1].tensor[0][0].item<double>(), 2);
}

// A weight of several pieces, against the formula over the whole.
TEST(LarsTest, NormsAreOfTheWholeWeight) {
  const at::Tensor w = Leaf({500, 300}, 2);
  FlatParameters flat({{"bias", Leaf({7}, 1)}, {"w", w}},
                      FlatParameters::kWithGradients);
  Lars optimizer(flat, {/*weight_decay=*/0.25, 0.9, 0.01});
  w.mutable_grad().fill_(0.5);  // g = 1 everywhere: |p| / |g| = 2
  optimizer.Step(1);
  EXPECT_NEAR(w[499][299].item<double>(), 2 - 0.02, 1e-13);
}

class LarsGoldenTest : public ::testing::TestWithParam<const char*> {};

TEST_P(LarsGoldenTest, FollowsThePublishedSteps) {
  const GoldenFile golden =
      GoldenTestFile(std::string("snclr/core/optim/testdata/optimizer__") +
                     GetParam() + ".safetensors");
  NamedTensors parameters;
  for (int64_t j = 0; j < golden.Int("parameters"); ++j) {
    const std::string name = "param" + std::to_string(j);
    parameters.push_back(
        {name, golden.Tensor("in." + name).clone().requires_grad_()});
  }
  FlatParameters flat(parameters, FlatParameters::kWithGradients);
  Lars optimizer(flat,
                 {golden.Double("weight_decay"), golden.Double("momentum"),
                  golden.Double("trust_coefficient")});
  constexpr Tolerance kFloat32 = {2e-6};
  std::string at_step;
  for (const double learning_rate : golden.Doubles("lr")) {
    at_step = "step" + std::to_string(optimizer.steps());
    for (size_t j = 0; j < parameters.size(); ++j) {
      parameters[j].tensor.mutable_grad().copy_(
          golden.Tensor(at_step + ".in.grad" + std::to_string(j)));
    }
    optimizer.Step(learning_rate);
    for (size_t j = 0; j < parameters.size(); ++j) {
      EXPECT_TRUE(IsClose(
          parameters[j].tensor,
          golden.Tensor(at_step + ".out.param" + std::to_string(j)), kFloat32))
          << at_step << " parameter " << j;
    }
  }
  std::map<std::string, at::Tensor> state;
  for (const auto& [name, tensor] : optimizer.State()) state[name] = tensor;
  for (size_t j = 0; j < parameters.size(); ++j) {
    const std::string number = std::to_string(j);
    EXPECT_TRUE(IsClose(state.at("velocity.param" + number),
                        golden.Tensor(at_step + ".out.momentum" + number),
                        kFloat32));
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, LarsGoldenTest,
                         ::testing::Values("lars_a", "lars_b"));

}  // namespace
}  // namespace snclr
