// SPDX-License-Identifier: MIT
#include "snclr/core/optim/sgd.h"

#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/zeros_like.h>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"

namespace snclr {
namespace {

// p = 1, gradient 0.5, wd 0.1, momentum 0.9, lr 0.1:
//   g = 0.6, v = 0.6, p = 0.94; g = 0.594, v = 1.134, p = 0.8266.
TEST(SgdTest, TwoStepsByHand) {
  const at::Tensor w = at::full({2}, 1, at::kDouble).requires_grad_();
  FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
  Sgd optimizer(flat, {/*weight_decay=*/0.1, /*decay_all=*/true, 0.9});
  w.mutable_grad().fill_(1);
  optimizer.Step(/*learning_rate=*/0.1, /*gradient_scale=*/0.5);
  EXPECT_NEAR(w[1].item<double>(), 0.94, 1e-15);
  optimizer.Step(0.1, 0.5);
  EXPECT_NEAR(w[1].item<double>(), 0.8266, 1e-15);
  EXPECT_EQ(optimizer.State()[1].name, "velocity.w");
  EXPECT_NEAR(optimizer.State()[1].tensor[0].item<double>(), 1.134, 1e-15);
}

TEST(SgdTest, DecaysVectorsOnlyWhereAsked) {
  for (const bool decay_all : {true, false}) {
    const at::Tensor bias = at::full({3}, 1, at::kDouble).requires_grad_();
    const at::Tensor weight = at::full({2, 2}, 1, at::kDouble).requires_grad_();
    FlatParameters flat({{"bias", bias}, {"weight", weight}},
                        FlatParameters::kWithGradients);
    Sgd optimizer(flat, {/*weight_decay=*/0.5, decay_all, 0.9});
    optimizer.Step(/*learning_rate=*/0.1);  // no gradient: decay alone
    EXPECT_DOUBLE_EQ(bias[2].item<double>(), decay_all ? 0.95 : 1);
    EXPECT_DOUBLE_EQ(weight[1][1].item<double>(), 0.95);
  }
}

TEST(MomentumUpdateTest, KernelEqualsTheOperators) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const auto wave = [type](double phase) {
      return at::linspace(phase, phase + 40, 70000, type).sin();
    };
    const MomentumTensors fast = {wave(0), wave(1), wave(2),
                                  wave(3).narrow(0, 0, 30000).clone()};
    const MomentumTensors plain = {fast.values.clone(), fast.gradients,
                                   fast.velocity.clone(), fast.copy.clone()};
    const MomentumStep step = {0.5, 0.9, 0.1, 0.99};
    const std::vector<MomentumPart> parts = {
        {0, 20000, 0.01, at::full({}, 0.25, at::kDouble)},
        {20000, 70000, 0, {}}};
    UpdateWithMomentum(step, parts, fast);
    for (const MomentumPart& part : parts) {
      MomentumReferenceUpdate(step, part, plain);
    }
    const Tolerance kRounding = {type == at::kFloat ? 1e-6 : 1e-14};
    EXPECT_TRUE(IsClose(fast.values, plain.values, kRounding));
    EXPECT_TRUE(IsClose(fast.velocity, plain.velocity, kRounding));
    EXPECT_TRUE(IsClose(fast.copy, plain.copy, kRounding));
  }
}

}  // namespace
}  // namespace snclr
