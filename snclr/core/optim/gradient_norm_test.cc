// SPDX-License-Identifier: MIT
#include "snclr/core/optim/gradient_norm.h"

#include <ATen/Parallel.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace snclr {
namespace {

FlatParameters WithGradient(const at::Tensor& gradient) {
  const at::Tensor leaf =
      at::ones(gradient.sizes(), gradient.options()).requires_grad_();
  FlatParameters flat({{"w", leaf}}, FlatParameters::kWithGradients);
  leaf.mutable_grad().copy_(gradient);
  return flat;
}

TEST(GradientNormTest, GoesOverAllParameters) {
  const at::Tensor a = at::ones({2}).requires_grad_();
  const at::Tensor b = at::ones({1}).requires_grad_();
  FlatParameters flat({{"a", a}, {"b", b}}, FlatParameters::kWithGradients);
  a.mutable_grad().fill_(2);
  b.mutable_grad().fill_(1);
  EXPECT_DOUBLE_EQ(GradientNorm(flat), 3);
}

TEST(GradientNormTest, IsTheSameForAnyNumberOfThreads) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor gradient = at::linspace(-7, 9, 1000003, type).sin();
    const FlatParameters flat = WithGradient(gradient);
    at::set_num_threads(1);
    const double one = GradientNorm(flat);
    at::set_num_threads(2);
    EXPECT_EQ(GradientNorm(flat), one);
    const double plain =
        std::sqrt(gradient.to(at::kDouble).square().sum().item<double>());
    EXPECT_NEAR(one, plain, 1e-13 * plain);
  }
  at::set_num_threads(1);
}

TEST(GradientNormTest, CarriesWhatIsNotFinite) {
  const at::Tensor gradient = at::ones({100});
  gradient[99] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(GradientNorm(WithGradient(gradient))));
}

TEST(ClipScaleTest, OnlyScalesDown) {
  EXPECT_EQ(ClipScale(0.5, 1), 1);
  EXPECT_NEAR(ClipScale(4, 1), 0.25, 1e-6);
  EXPECT_EQ(ClipScale(4, 0), 1);
}

}  // namespace
}  // namespace snclr
