// SPDX-License-Identifier: MIT
#include "snclr/core/ops/affine.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/mm.h>
#include <gtest/gtest.h>

#include <string>

#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

constexpr int64_t kRows = 130, kInputs = 192, kOutputs = 70;

// The largest difference of what is computed in `type` from double, relative to
// the largest number.
struct Case {
  explicit Case(at::ScalarType type)
      : rows(Draws({kRows, kInputs}, 1)),
        weight(Draws({kOutputs, kInputs}, 2)),
        bias(Draws({kOutputs}, 3)),
        residual(Draws({kRows, 3, kOutputs}, 4)),
        type(type),
        rounding(type == at::kFloat ? 2e-6 : 1e-14) {}

  at::Tensor In(const at::Tensor& tensor) const { return tensor.to(type); }

  void Expect(const at::Tensor& got, const at::Tensor& expected,
              const std::string& what) const {
    ASSERT_EQ(got.scalar_type(), type) << what;
    EXPECT_TRUE(got.is_contiguous()) << what;
    EXPECT_LT(LargestDifference(got, expected),
              rounding * expected.abs().max().item<double>())
        << what;
  }

  at::Tensor rows, weight, bias, residual;
  at::ScalarType type;
  double rounding;
};

TEST(AffineTest, EqualsItsDefinitionInDouble) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const Case of(type);
    const at::Tensor rows = of.In(of.rows), weight = of.In(of.weight),
                     bias = of.In(of.bias);
    const at::Tensor expected = at::mm(of.rows, of.weight.t()) + of.bias;
    of.Expect(Affine(rows, weight, bias), expected, "Affine");
    of.Expect(AffineGelu(rows, weight, bias), at::gelu(expected), "AffineGelu");
    // Every third row of a larger matrix, as class tokens lie.
    const at::Tensor residual = of.In(of.residual).select(1, 1);
    of.Expect(AffineOnto(residual, rows, weight, bias),
              expected + of.residual.select(1, 1), "AffineOnto");
    const at::Tensor gradient = of.In(Draws({kRows, kOutputs}, 5));
    of.Expect(TimesWeight(gradient, weight),
              at::mm(Draws({kRows, kOutputs}, 5), of.weight), "TimesWeight");
  }
}

TEST(AffineTest, AreOneDnnsWhereLibTorchHasIt) {
  EXPECT_EQ(ProductsAreOneDnns(at::kFloat), at::hasMKLDNN());
  EXPECT_FALSE(ProductsAreOneDnns(at::kDouble));
}

TEST(AffineTest, TheWeightMayBeSomeOfAnothersRows) {
  const Case of(at::kFloat);
  const at::Tensor weight = of.In(of.weight).narrow(0, 20, 30),
                   bias = of.In(of.bias).narrow(0, 20, 30);
  const at::Tensor expected =
      (at::mm(of.rows, of.weight.t()) + of.bias).narrow(1, 20, 30);
  of.Expect(Affine(of.In(of.rows), weight, bias), expected, "Affine");
  of.Expect(TimesWeight(of.In(Draws({kRows, 30}, 5)), weight),
            at::mm(Draws({kRows, 30}, 5), of.weight.narrow(0, 20, 30)),
            "TimesWeight");
}

TEST(AffineTest, WritesIntoNoArgument) {
  const Case of(at::kFloat);
  const at::Tensor rows = of.In(of.rows), weight = of.In(of.weight),
                   bias = of.In(of.bias),
                   residual = of.In(of.residual).select(1, 0).contiguous();
  const at::Tensor before = residual.clone();
  AffineOnto(residual, rows, weight, bias);
  EXPECT_TRUE(residual.equal(before));
  EXPECT_TRUE(rows.equal(of.In(of.rows)));
}

TEST(AffineTest, NoRowsGiveNoRows) {
  const Case of(at::kFloat);
  const at::Tensor rows = of.In(of.rows).narrow(0, 0, 0);
  EXPECT_EQ(Affine(rows, of.In(of.weight), of.In(of.bias)).sizes(),
            at::IntArrayRef({0, kOutputs}));
}

TEST(AffineTest, WeightsThatAreTrainedDoNotMatter) {
  const Case of(at::kFloat);
  const at::Tensor weight = of.In(of.weight).set_requires_grad(true);
  const at::NoGradGuard no_gradient;
  const at::Tensor output = Affine(of.In(of.rows), weight, of.In(of.bias));
  EXPECT_FALSE(output.requires_grad());
}

}  // namespace
}  // namespace snclr
