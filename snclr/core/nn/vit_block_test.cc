// SPDX-License-Identifier: MIT
#include "snclr/core/nn/vit_block.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>
#include <vector>

#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

constexpr double kFloat64Rounding = 1e-12;  // relative to the largest value
constexpr double kFloat32Rounding = 5e-6;

// 3 images of 7 tokens of width 12; every weight of the block is random.
struct Case {
  explicit Case(at::ScalarType type = at::kDouble)
      : block(/*width=*/12, /*heads=*/3, /*mlp_hidden=*/20),
        tokens(Draws({3, 7, 12}, 1).to(type)) {
    const at::NoGradGuard no_gradient;
    uint64_t seed = 2;
    for (at::Tensor& parameter : block.parameters()) {
      parameter.set_data(Draws(parameter.sizes(), seed++).to(type));
    }
    tokens.set_requires_grad(true);
  }

  // Of a sum of the outputs, each with a weight of its own.
  std::vector<at::Tensor> Gradients(const at::Tensor& output) {
    std::vector<at::Tensor> inputs = block.parameters();
    inputs.push_back(tokens);
    const at::Tensor weights = Draws(output.sizes(), 99);
    return torch::autograd::grad({(output * weights).sum()}, inputs);
  }

  VitBlock block;
  at::Tensor tokens;
};

void ExpectClose(const at::Tensor& fused, const at::Tensor& modules,
                 double rounding, const std::string& what) {
  ASSERT_EQ(fused.sizes(), modules.sizes()) << what;
  const double scale = modules.abs().max().item<double>();
  EXPECT_LT(LargestDifference(fused, modules), rounding * scale) << what;
}

void ExpectSameGradients(Case& of, const at::Tensor& fused,
                         const at::Tensor& modules) {
  const std::vector<at::Tensor> expected = of.Gradients(modules);
  const std::vector<at::Tensor> got = of.Gradients(fused);
  const auto names = of.block.named_parameters().keys();
  for (size_t i = 0; i < got.size(); ++i) {
    ExpectClose(got[i], expected[i], kFloat64Rounding,
                i < names.size() ? names[i] : "tokens");
  }
}

TEST(VitBlockTest, FusedEqualsTheModules) {
  Case of;
  const at::Tensor fused = of.block.Forward(of.tokens);
  const at::Tensor modules = of.block.ForwardByModules(of.tokens);
  ExpectClose(fused, modules, kFloat64Rounding, "output");
  ExpectSameGradients(of, fused, modules);
}

TEST(VitBlockTest, TheFirstTokenAloneEqualsTheFirstOfAll) {
  Case of;
  const at::Tensor first = of.block.ForwardFirstToken(of.tokens);
  const at::Tensor all = of.block.ForwardByModules(of.tokens).select(1, 0);
  ExpectClose(first, all, kFloat64Rounding, "output");
  ExpectSameGradients(of, first, all);
}

TEST(VitBlockTest, GivesTheSameBitsWithAndWithoutGradient) {
  Case of(at::kFloat);
  const at::Tensor with = of.block.Forward(of.tokens);
  const at::NoGradGuard no_gradient;
  EXPECT_TRUE(of.block.Forward(of.tokens).equal(with));
  EXPECT_FALSE(of.block.Forward(of.tokens).requires_grad());
}

// Float32 goes by other products than double does (snclr/core/ops/affine.h).
TEST(VitBlockTest, Float32IsDoubleRounded) {
  Case exact, rounded(at::kFloat);
  for (const bool first_token : {false, true}) {
    const auto output = [&](Case& of) {
      return first_token ? of.block.ForwardFirstToken(of.tokens)
                         : of.block.Forward(of.tokens);
    };
    const at::Tensor expected = output(exact), got = output(rounded);
    ExpectClose(got, expected, kFloat32Rounding, "output");
    const std::vector<at::Tensor> wanted = exact.Gradients(expected),
                                  gradients = rounded.Gradients(got);
    const auto names = exact.block.named_parameters().keys();
    for (size_t i = 0; i < wanted.size(); ++i) {
      ExpectClose(gradients[i], wanted[i], kFloat32Rounding,
                  i < names.size() ? names[i] : "tokens");
    }
  }
}

TEST(VitBlockTest, FrozenWeightsGetNoGradient) {
  Case of;
  for (at::Tensor& parameter : of.block.parameters()) {
    parameter.set_requires_grad(false);
  }
  of.block.Forward(of.tokens).sum().backward();
  EXPECT_TRUE(of.tokens.grad().defined());
  for (const at::Tensor& parameter : of.block.parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
  }
}

TEST(VitBlockTest, ABackwardPassCanBeRepeated) {
  Case of;
  const at::Tensor sum = of.block.Forward(of.tokens).sum();
  sum.backward({}, /*retain_graph=*/true);
  const at::Tensor once = of.tokens.grad().clone();
  sum.backward();
  EXPECT_LT(LargestDifference(of.tokens.grad(), once * 2), kFloat64Rounding);
}

TEST(VitBlockTest, RefusesASecondDerivative) {
  Case of;
  const at::Tensor sum = of.block.Forward(of.tokens).sum();
  EXPECT_THROW(torch::autograd::grad({sum}, {of.tokens}, /*grad_outputs=*/{},
                                     /*retain_graph=*/true,
                                     /*create_graph=*/true),
               c10::Error);
}

}  // namespace
}  // namespace snclr
