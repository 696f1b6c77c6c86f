// SPDX-License-Identifier: MIT
#include "snclr/core/optim/adamw.h"

#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <map>
#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/optim/adamw_reference.h"

namespace snclr {
namespace {

at::Tensor Leaf(at::IntArrayRef shape, double value,
                at::ScalarType type = at::kDouble) {
  return at::full(shape, value, type).requires_grad_();
}

TEST(AdamWTest, FirstStepByHand) {
  const at::Tensor w = Leaf({2}, 1);
  FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
  AdamWOptions options;
  options.weight_decay = 0.5;
  options.epsilon = 0.25;
  AdamW optimizer(flat, options);
  w.mutable_grad().fill_(-3);
  optimizer.Step(/*learning_rate=*/0.1, /*gradient_scale=*/0.25);
  // Decay to 0.95; both bias corrections make the moments g = -0.75 and g^2, so
  // the step is 0.1 * 0.75 / (0.75 + 0.25).
  EXPECT_NEAR(w[0].item<double>(), 0.95 + 0.075, 1e-14);
  EXPECT_EQ(optimizer.steps(), 1);
}

TEST(AdamWTest, ZeroLearningRateMovesTheMomentsAlone) {
  const at::Tensor w = Leaf({2}, 1);
  FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
  AdamW optimizer(flat, {});
  w.mutable_grad().fill_(2);
  optimizer.Step(/*learning_rate=*/0);
  EXPECT_EQ(w[0].item<double>(), 1);
  const NamedTensors state = optimizer.State();
  ASSERT_EQ(state.size(), 3u);
  EXPECT_EQ(state[1].name, "exp_avg.w");
  EXPECT_NEAR(state[1].tensor[0].item<double>(), 0.2, 1e-15);
  EXPECT_EQ(state[2].name, "exp_avg_sq.w");
  EXPECT_NEAR(state[2].tensor[0].item<double>(), 0.004, 1e-15);
}

TEST(AdamWTest, DecaysVectorsOnlyWhereAsked) {
  for (const bool decay_all : {true, false}) {
    const at::Tensor bias = Leaf({3}, 1), weight = Leaf({2, 2}, 1);
    const at::Tensor norm = Leaf({3}, 1);
    FlatParameters flat({{"bias", bias}, {"weight", weight}, {"norm", norm}},
                        FlatParameters::kWithGradients);
    AdamWOptions options;
    options.weight_decay = 0.5;
    options.decay_all = decay_all;
    AdamW optimizer(flat, options);
    optimizer.Step(/*learning_rate=*/0.1);  // no gradient: decay alone
    const double vector = decay_all ? 0.95 : 1;
    EXPECT_DOUBLE_EQ(bias[2].item<double>(), vector);
    EXPECT_DOUBLE_EQ(weight[1][1].item<double>(), 0.95);
    EXPECT_DOUBLE_EQ(norm[0].item<double>(), vector);
  }
}

// Three parameters of many pieces, a momentum copy of the first two, gradients
// that differ by step.
struct Training {
  explicit Training(at::ScalarType type, bool decay_all = false)
      : parameters{{"a", Filled({301, 211}, type)},
                   {"b", Filled({4099}, type)},
                   {"c", Filled({50021}, type)}},
        copies{{"m.a", Filled({301, 211}, type).detach().neg()},
               {"m.b", Filled({4099}, type).detach().neg()}},
        flat(parameters, FlatParameters::kWithGradients),
        momentum(copies, FlatParameters::kValuesOnly),
        optimizer(flat, Options(decay_all)) {}

  static AdamWOptions Options(bool decay_all) {
    AdamWOptions options;
    options.decay_all = decay_all;
    return options;
  }

  static at::Tensor Filled(at::IntArrayRef shape, at::ScalarType type) {
    const int64_t size = c10::multiply_integers(shape);
    return at::linspace(-2, 3, size, type).sin().view(shape).requires_grad_();
  }

  void Step(int step) {
    for (const NamedTensor& parameter : parameters) {
      parameter.tensor.mutable_grad().copy_(
          Filled(parameter.tensor.sizes(), flat.values().scalar_type())
              .detach()
              .mul(step + 1)
              .cos());
    }
    const EmaTarget target = {momentum, 0.9};
    optimizer.Step(/*learning_rate=*/1e-3 * step, /*gradient_scale=*/0.5,
                   &target);
  }

  NamedTensors parameters;
  NamedTensors copies;
  FlatParameters flat;
  FlatParameters momentum;
  AdamW optimizer;
};

TEST(AdamWTest, EqualsTheReference) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    Training run(type);
    AdamWTensors a = {run.parameters[0].tensor.detach().clone(),
                      run.parameters[0].tensor.grad(),
                      at::zeros_like(run.parameters[0].tensor.detach()),
                      at::zeros_like(run.parameters[0].tensor.detach()),
                      run.copies[0].tensor.clone()};
    AdamWTensors c = {run.parameters[2].tensor.detach().clone(),
                      run.parameters[2].tensor.grad(),
                      at::zeros_like(run.parameters[2].tensor.detach()),
                      at::zeros_like(run.parameters[2].tensor.detach()),
                      {}};
    for (int step = 0; step < 4; ++step) {
      run.Step(step);
      const double lr = 1e-3 * step, t = step + 1;
      const AdamWStep numbers = {0.5,
                                 1 - lr * 0.1,
                                 0.9,
                                 0.999,
                                 lr / (1 - std::pow(0.9, t)),
                                 std::sqrt(1 - std::pow(0.999, t)),
                                 1e-8,
                                 0.9};
      AdamWReferenceUpdate(numbers, /*decays=*/true, a);
      AdamWReferenceUpdate(numbers, /*decays=*/false, c);
    }
    const Tolerance kRounding = {type == at::kFloat ? 1e-6 : 1e-14};
    EXPECT_TRUE(IsClose(run.parameters[0].tensor, a.values, kRounding));
    EXPECT_TRUE(IsClose(run.copies[0].tensor, a.momentum, kRounding));
    EXPECT_TRUE(IsClose(run.parameters[2].tensor, c.values, kRounding));
    const NamedTensors state = run.optimizer.State();
    EXPECT_TRUE(IsClose(state[1].tensor, a.exp_avg, kRounding));
    EXPECT_TRUE(IsClose(state[6].tensor, c.exp_avg_sq, kRounding));
  }
}

class AdamWGoldenTest : public ::testing::TestWithParam<const char*> {};

TEST_P(AdamWGoldenTest, FollowsThePublishedSteps) {
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
  AdamWOptions options;
  options.weight_decay = golden.Double("weight_decay");
  options.beta1 = golden.Doubles("betas")[0];
  options.beta2 = golden.Doubles("betas")[1];
  options.epsilon = golden.Double("eps");
  AdamW optimizer(flat, options);
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
    for (const std::string moment : {"exp_avg", "exp_avg_sq"}) {
      EXPECT_TRUE(IsClose(state.at(moment + ".param" + number),
                          golden.Tensor(at_step + ".out." + moment + number),
                          kFloat32))
          << moment << number;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, AdamWGoldenTest,
                         ::testing::Values("adamw_a", "adamw_b"));

}  // namespace
}  // namespace snclr
