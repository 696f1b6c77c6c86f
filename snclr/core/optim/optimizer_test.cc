// SPDX-License-Identifier: MIT
// What holds for every kind of optimizer.
#include "snclr/core/optim/optimizer.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>

#include <memory>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/optim/make_optimizer.h"

namespace snclr {
namespace {

OptimizerSpec SpecOf(OptimizerKind kind) {
  OptimizerSpec spec;
  spec.set_kind(kind);
  spec.set_weight_decay(0.1);
  spec.set_decay_all(false);
  spec.set_beta1(0.9);
  spec.set_beta2(0.999);
  spec.set_epsilon(1e-8);
  spec.set_momentum(0.9);
  spec.set_trust_coefficient(0.02);
  return spec;
}

at::Tensor Filled(at::IntArrayRef shape, at::ScalarType type) {
  const int64_t size = c10::multiply_integers(shape);
  return at::linspace(-2, 3, size, type).sin().view(shape).requires_grad_();
}

// Three parameters of many pieces, a momentum copy of the first two, gradients
// that differ by step.
struct Training {
  Training(OptimizerKind kind, at::ScalarType type)
      : parameters{{"a", Filled({301, 211}, type)},
                   {"b", Filled({4099}, type)},
                   {"c", Filled({50021}, type)}},
        copies{{"m.a", Filled({301, 211}, type).detach().neg()},
               {"m.b", Filled({4099}, type).detach().neg()}},
        flat(parameters, FlatParameters::kWithGradients),
        momentum(copies, FlatParameters::kValuesOnly),
        optimizer(MakeOptimizer(SpecOf(kind), flat)) {}

  void Step(int step) {
    for (const NamedTensor& parameter : parameters) {
      parameter.tensor.mutable_grad().copy_(
          Filled(parameter.tensor.sizes(), flat.values().scalar_type())
              .detach()
              .mul(step + 1)
              .cos());
    }
    const EmaTarget target = {momentum, 0.9};
    optimizer->Step(/*learning_rate=*/1e-3 * step, /*gradient_scale=*/0.5,
                    &target);
  }

  NamedTensors parameters;
  NamedTensors copies;
  FlatParameters flat;
  FlatParameters momentum;
  std::unique_ptr<Optimizer> optimizer;
};

class OptimizerTest : public ::testing::TestWithParam<OptimizerKind> {};

TEST_P(OptimizerTest, IsTheSameForAnyNumberOfThreads) {
  Training one(GetParam(), at::kFloat), two(GetParam(), at::kFloat);
  for (int step = 0; step < 3; ++step) {
    at::set_num_threads(1);
    one.Step(step);
    at::set_num_threads(2);
    two.Step(step);
  }
  at::set_num_threads(1);
  EXPECT_TRUE(at::equal(one.flat.values(), two.flat.values()));
  EXPECT_TRUE(at::equal(one.momentum.values(), two.momentum.values()));
}

TEST_P(OptimizerTest, TheAverageTakesTheFreshWeights) {
  Training run(GetParam(), at::kDouble);
  run.Step(1);
  const at::Tensor before = Filled({4099}, at::kDouble).detach().neg();
  const at::Tensor expected =
      before.mul(0.9).add_(run.parameters[1].tensor.detach(), 1 - 0.9);
  EXPECT_TRUE(IsClose(run.copies[1].tensor, expected, {1e-15}));
}

TEST_P(OptimizerTest, ALearningRateOfZeroMovesNoWeight) {
  Training run(GetParam(), at::kDouble);
  const at::Tensor before = run.flat.values().clone();
  run.Step(0);
  EXPECT_TRUE(at::equal(run.flat.values(), before));
  EXPECT_EQ(run.optimizer->steps(), 1);
}

TEST_P(OptimizerTest, MovesEveryParameterAgainstItsGradient) {
  Training run(GetParam(), at::kDouble);
  const at::Tensor before = run.flat.values().clone();
  run.Step(1);
  for (const FlatSegment& segment : run.flat.segments()) {
    const auto part = [&](const at::Tensor& buffer) {
      return FlatParameters::View(buffer, segment);
    };
    const at::Tensor moved = part(run.flat.values()) - part(before);
    EXPECT_LT(moved.mul(part(run.flat.gradients())).sum().item<double>(), 0)
        << segment.name;
  }
}

TEST_P(OptimizerTest, GoesOnFromARestoredStateBitForBit) {
  Training straight(GetParam(), at::kFloat), stopped(GetParam(), at::kFloat);
  for (int step = 0; step < 3; ++step) straight.Step(step);
  stopped.Step(0);
  Training resumed(GetParam(), at::kFloat);
  const auto copy = [](const NamedTensors& from, const NamedTensors& to) {
    ASSERT_EQ(from.size(), to.size());
    for (size_t i = 0; i < from.size(); ++i) {
      EXPECT_EQ(from[i].name, to[i].name);
      to[i].tensor.detach().copy_(from[i].tensor.detach());
    }
  };
  copy(stopped.parameters, resumed.parameters);
  copy(stopped.copies, resumed.copies);
  copy(stopped.optimizer->State(), resumed.optimizer->State());
  for (int step = 1; step < 3; ++step) resumed.Step(step);
  EXPECT_EQ(resumed.optimizer->steps(), 3);
  EXPECT_TRUE(at::equal(resumed.flat.values(), straight.flat.values()));
  EXPECT_TRUE(at::equal(resumed.momentum.values(), straight.momentum.values()));
}

TEST_P(OptimizerTest, RefusesAGradientOutsideTheBuffer) {
  at::Tensor w = at::full({2}, 1, at::kDouble).requires_grad_();
  FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
  const auto optimizer = MakeOptimizer(SpecOf(GetParam()), flat);
  w.mutable_grad() = at::ones({2}, at::kDouble);
  EXPECT_THROW(optimizer->Step(0.1), c10::Error);
}

INSTANTIATE_TEST_SUITE_P(Kinds, OptimizerTest,
                         ::testing::Values(ADAMW, LARS, SGD),
                         [](const auto& info) {
                           return OptimizerKind_Name(info.param);
                         });

TEST(MakeOptimizerTest, RefusesNoKind) {
  const at::Tensor w = at::full({2}, 1, at::kDouble).requires_grad_();
  FlatParameters flat({{"w", w}}, FlatParameters::kWithGradients);
  EXPECT_THROW(MakeOptimizer(OptimizerSpec(), flat), c10::Error);
}

}  // namespace
}  // namespace snclr
