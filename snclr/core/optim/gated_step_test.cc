// SPDX-License-Identifier: MIT
#include "snclr/core/optim/gated_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>

#include <cmath>
#include <limits>
#include <memory>

#include "gtest/gtest.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/gradient_norm.h"
#include "snclr/core/optim/loss_scale.h"
#include "snclr/core/optim/make_optimizer.h"
#include "snclr/core/optim/optim.pb.h"

namespace snclr {
namespace {

OptimizerSpec Spec(OptimizerKind kind) {
  OptimizerSpec spec;
  spec.set_kind(kind);
  spec.set_weight_decay(0.1);
  spec.set_decay_all(false);
  spec.set_beta1(0.9);
  spec.set_beta2(0.999);
  spec.set_epsilon(1e-8);
  spec.set_momentum(0.9);
  spec.set_trust_coefficient(0.01);
  spec.set_clip_trust_ratio(true);
  return spec;
}

at::Tensor Leaf(at::IntArrayRef shape) {
  return at::linspace(-2, 3, c10::multiply_integers(shape))
      .sin()
      .view(shape)
      .requires_grad_();
}

// A matrix and a vector, and a momentum copy of the matrix.
struct Training {
  explicit Training(OptimizerKind kind)
      : parameters{{"a", Leaf({31, 21})}, {"b", Leaf({409})}},
        copies{{"m.a", Leaf({31, 21}).detach().neg()}},
        flat(parameters, FlatParameters::kWithGradients),
        momentum(copies, FlatParameters::kValuesOnly),
        optimizer(MakeOptimizer(Spec(kind), flat)) {}

  void SetGradients(int step, double scale) {
    for (const NamedTensor& parameter : parameters) {
      parameter.tensor.mutable_grad().copy_(Leaf(parameter.tensor.sizes())
                                                .detach()
                                                .mul(step + 1)
                                                .cos()
                                                .mul(scale));
    }
  }

  bool Equals(const Training& other) const {
    const NamedTensors mine = optimizer->State(),
                       theirs = other.optimizer->State();
    bool equal = at::equal(flat.values(), other.flat.values()) &&
                 at::equal(momentum.values(), other.momentum.values());
    for (size_t i = 0; i < mine.size(); ++i) {
      equal = equal && at::equal(mine[i].tensor, theirs[i].tensor);
    }
    return equal;
  }

  NamedTensors parameters, copies;
  FlatParameters flat, momentum;
  std::unique_ptr<Optimizer> optimizer;
};

class GatedStepTest : public testing::TestWithParam<OptimizerKind> {};

TEST_P(GatedStepTest, HasTheBitsOfTheOptimizersOwnStep) {
  Training plain(GetParam()), gated(GetParam());
  GatedStep step(*gated.optimizer, gated.flat, {/*clip_gradient_norm=*/5});
  for (int i = 0; i < 4; ++i) {
    plain.SetGradients(i, 1);
    const double norm = GradientNorm(plain.flat);
    ASSERT_GT(norm, 5);
    const EmaTarget ema = {plain.momentum, 0.9 + 0.01 * i};
    plain.optimizer->Step(1e-2 * i, ClipScale(norm, 5), &ema);

    gated.SetGradients(i, 1);
    step.Tell(1e-2 * i, 0.9 + 0.01 * i);
    step.Step(&gated.momentum);
    EXPECT_EQ(step.gradient_norm().item<double>(), norm);
    EXPECT_TRUE(plain.Equals(gated)) << "step " << i;
  }
  EXPECT_EQ(gated.optimizer->steps(), 4);
  EXPECT_TRUE(step.State().empty());
}

// Powers of two round nothing, so that scaled gradients give the same step.
TEST_P(GatedStepTest, AScaledLossMakesTheSameStep) {
  Training plain(GetParam()), scaled(GetParam());
  GatedStep plain_step(*plain.optimizer, plain.flat, {5, false});
  GatedStep scaled_step(*scaled.optimizer, scaled.flat, {5, true});
  EXPECT_EQ(scaled_step.Scaled(at::ones({}) * 3).item<double>(),
            3 * LossScale::kFirst);
  for (int i = 0; i < 3; ++i) {
    plain.SetGradients(i, 1);
    plain_step.Tell(1e-2, 0.9);
    plain_step.Step(&plain.momentum);
    scaled.SetGradients(i, LossScale::kFirst);
    scaled_step.Tell(1e-2, 0.9);
    scaled_step.Step(&scaled.momentum);
    EXPECT_EQ(scaled_step.gradient_norm().item<double>(),
              plain_step.gradient_norm().item<double>());
  }
  EXPECT_EQ(scaled.optimizer->steps(), 3);
  // 1 - beta^t is another product of the same numbers.
  EXPECT_TRUE(
      at::allclose(plain.flat.values(), scaled.flat.values(), 1e-6, 1e-7));
  EXPECT_TRUE(at::allclose(plain.momentum.values(), scaled.momentum.values(),
                           1e-6, 1e-7));
}

TEST_P(GatedStepTest, AnOverflowChangesNothingButTheScale) {
  Training one(GetParam()), other(GetParam());
  GatedStep one_step(*one.optimizer, one.flat, {0, true});
  GatedStep other_step(*other.optimizer, other.flat, {0, true});
  const auto good = [](Training& training, GatedStep& step, int i,
                       double scale) {
    training.SetGradients(i, scale);
    step.Tell(1e-2, 0.9);
    step.Step(&training.momentum);
  };
  good(one, one_step, 0, LossScale::kFirst);
  good(other, other_step, 0, LossScale::kFirst);

  other.SetGradients(1, 1);
  other.parameters[1].tensor.grad()[408] =
      std::numeric_limits<double>::infinity();
  other_step.Tell(1e-2, 0.9);
  other_step.Step(&other.momentum);
  EXPECT_FALSE(std::isfinite(other_step.gradient_norm().item<double>()));
  EXPECT_TRUE(one.Equals(other));  // counted steps too
  const NamedTensors metrics = other_step.Metrics();
  EXPECT_EQ(metrics[0].tensor.item<double>(), LossScale::kFirst / 2);
  EXPECT_EQ(metrics[1].tensor.item<double>(), 1);

  good(one, one_step, 2, LossScale::kFirst);
  good(other, other_step, 2, LossScale::kFirst / 2);
  EXPECT_TRUE(one.Equals(other));
}

TEST_P(GatedStepTest, ItsStateIsAllThatItRemembers) {
  Training whole(GetParam()), resumed(GetParam());
  GatedStep whole_step(*whole.optimizer, whole.flat, {0, true});
  whole_step.State()[0].tensor.copy_(at::linspace(8, 10, 3, at::kDouble));
  GatedStep resumed_step(*resumed.optimizer, resumed.flat, {0, true});
  resumed_step.State()[0].tensor.copy_(whole_step.State()[0].tensor);
  for (auto* each : {&whole_step, &resumed_step}) {
    Training& training = each == &whole_step ? whole : resumed;
    training.SetGradients(0, 8);
    each->Tell(1e-2, 0.9);
    each->Step(&training.momentum);
  }
  EXPECT_TRUE(whole.Equals(resumed));
  EXPECT_TRUE(
      at::equal(whole_step.State()[0].tensor, resumed_step.State()[0].tensor));
  EXPECT_EQ(resumed_step.Metrics()[0].tensor.item<double>(), 8);
  EXPECT_EQ(resumed_step.State()[0].tensor[1].item<double>(), 10);
}

INSTANTIATE_TEST_SUITE_P(All, GatedStepTest, testing::Values(ADAMW, LARS, SGD),
                         [](const auto& info) {
                           return OptimizerKind_Name(info.param);
                         });

}  // namespace
}  // namespace snclr
