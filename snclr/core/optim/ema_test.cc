// SPDX-License-Identifier: MIT
#include "snclr/core/optim/ema.h"

#include <ATen/Parallel.h>
#include <ATen/ops/add.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>

#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"

namespace snclr {
namespace {

FlatParameters Trained(const at::Tensor& values) {
  return FlatParameters({{"w", values.clone().requires_grad_()}},
                        FlatParameters::kWithGradients);
}

FlatParameters Momentum(const at::Tensor& values) {
  return FlatParameters({{"m.w", values.clone()}}, FlatParameters::kValuesOnly);
}

TEST(EmaTest, ValuesByHand) {
  FlatParameters trained = Trained(at::full({3}, 8.0, at::kDouble));
  FlatParameters momentum = Momentum(at::full({3}, 4.0, at::kDouble));
  UpdateEma(trained, {momentum, 0.75});
  EXPECT_DOUBLE_EQ(momentum.values()[2].item<double>(), 5);
  UpdateEma(trained, {momentum, 1});
  EXPECT_DOUBLE_EQ(momentum.values()[2].item<double>(), 5);
  UpdateEma(trained, {momentum, 0});
  EXPECT_DOUBLE_EQ(momentum.values()[2].item<double>(), 8);
}

TEST(EmaTest, MovesOnlyThePrefixThatIsCopied) {
  const at::Tensor head = at::ones({4}).requires_grad_();
  FlatParameters trained(
      {{"w", at::ones({20}).requires_grad_()}, {"head", head}},
      FlatParameters::kWithGradients);
  FlatParameters momentum = Momentum(at::full({20}, 3.0));
  UpdateEma(trained, {momentum, 0.5});
  EXPECT_EQ(momentum.values().sum().item<double>(), 20 * 2);
  EXPECT_EQ(head.sum().item<double>(), 4);
}

// Long enough for several pieces, and a length that no vector width divides.
TEST(EmaTest, EqualsThePlainFormulaBitForBitForAnyNumberOfThreads) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor p = at::linspace(-3, 2, 100003, type).sin();
    const at::Tensor m = at::linspace(5, 9, 100003, type).cos();
    const at::Tensor plain = at::add(at::mul(m, 0.99), at::mul(p, 1 - 0.99));
    for (const int threads : {1, 2}) {
      at::set_num_threads(threads);
      FlatParameters trained = Trained(p);
      FlatParameters momentum = Momentum(m);
      UpdateEma(trained, {momentum, 0.99});
      EXPECT_TRUE(at::equal(momentum.values().narrow(0, 0, 100003), plain));
    }
  }
  at::set_num_threads(1);
}

TEST(EmaTest, RefusesACopyThatLiesElsewhere) {
  FlatParameters trained = Trained(at::ones({4}));
  FlatParameters longer = Momentum(at::ones({5}));
  FlatParameters of_doubles = Momentum(at::ones({4}, at::kDouble));
  FlatParameters fitting = Momentum(at::ones({4}));
  EXPECT_THROW(UpdateEma(trained, {longer, 0.5}), c10::Error);
  EXPECT_THROW(UpdateEma(trained, {of_doubles, 0.5}), c10::Error);
  EXPECT_THROW(UpdateEma(trained, {fitting, 1.5}), c10::Error);
}

class EmaGoldenTest : public ::testing::TestWithParam<const char*> {};

TEST_P(EmaGoldenTest, FollowsThePublishedSteps) {
  const GoldenFile golden =
      GoldenTestFile(std::string("snclr/core/optim/testdata/optimizer__") +
                     GetParam() + ".safetensors");
  NamedTensors trained_tensors, momentum_tensors;
  for (int64_t j = 0; j < golden.Int("parameters"); ++j) {
    const at::Tensor begin =
        golden.Tensor("in.momentum_param" + std::to_string(j)).clone();
    momentum_tensors.push_back({"m" + std::to_string(j), begin});
    trained_tensors.push_back(
        {std::to_string(j), begin.clone().requires_grad_()});
  }
  FlatParameters trained(trained_tensors, FlatParameters::kWithGradients);
  FlatParameters momentum(momentum_tensors, FlatParameters::kValuesOnly);
  const auto m = golden.Doubles("m");
  for (size_t step = 0; step < m.size(); ++step) {
    const std::string at_step = "step" + std::to_string(step);
    for (size_t j = 0; j < trained_tensors.size(); ++j) {
      trained_tensors[j].tensor.detach().copy_(
          golden.Tensor(at_step + ".in.base_param" + std::to_string(j)));
    }
    UpdateEma(trained, {momentum, m[step]});
    for (size_t j = 0; j < momentum_tensors.size(); ++j) {
      EXPECT_TRUE(IsClose(
          momentum_tensors[j].tensor,
          golden.Tensor(at_step + ".out.momentum_param" + std::to_string(j)),
          {2e-6}))
          << at_step << " parameter " << j;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, EmaGoldenTest,
                         ::testing::Values("ema_a", "ema_b"));

}  // namespace
}  // namespace snclr
