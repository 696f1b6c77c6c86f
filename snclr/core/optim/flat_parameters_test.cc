// SPDX-License-Identifier: MIT
#include "snclr/core/optim/flat_parameters.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <cstdint>

#include "gtest/gtest.h"

namespace snclr {
namespace {

at::Tensor Leaf(at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
  return at::ones(shape, type).requires_grad_();
}

TEST(FlatParametersTest, LaysSegmentsOutAlignedAndKeepsTheValues) {
  const at::Tensor a = at::arange(6, at::kFloat).view({2, 3}).requires_grad_();
  const at::Tensor b = Leaf({17});
  const at::Tensor c = Leaf({});
  const FlatParameters flat({{"a", a}, {"b", b}, {"c", c}},
                            FlatParameters::kWithGradients);
  const auto& segments = flat.segments();
  ASSERT_EQ(segments.size(), 3u);
  EXPECT_EQ(segments[0].offset, 0);
  EXPECT_EQ(segments[1].offset, 16);  // 64 bytes
  EXPECT_EQ(segments[2].offset, 48);
  EXPECT_EQ(flat.size(), 64);
  EXPECT_EQ(segments[0].ndim, 2);
  EXPECT_EQ(segments[1].size, 17);
  EXPECT_EQ(segments[2].name, "c");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.const_data_ptr()) % 64, 0u);
  EXPECT_TRUE(at::equal(a.detach(), at::arange(6, at::kFloat).view({2, 3})));
  // The padding is zero, so a pass over everything may touch it.
  EXPECT_EQ(flat.values().sum().item<double>(), 15 + 17 + 1);
}

TEST(FlatParametersTest, EveryHandleSeesTheBuffer) {
  at::Tensor a = Leaf({2, 3});
  const at::Tensor earlier = a;
  FlatParameters flat({{"a", a}}, FlatParameters::kWithGradients);
  flat.values().fill_(5);
  EXPECT_EQ(earlier.sum().item<double>(), 30);
  EXPECT_TRUE(earlier.requires_grad());
  EXPECT_TRUE(earlier.is_leaf());
}

TEST(FlatParametersTest, BackwardAccumulatesIntoTheBuffer) {
  const at::Tensor a = Leaf({2});
  const at::Tensor b = Leaf({3});
  FlatParameters flat({{"a", a}, {"b", b}}, FlatParameters::kWithGradients);
  for (int pass = 1; pass <= 2; ++pass) {
    (a.sum() * 2 + b.sum() * 3).backward();
    EXPECT_EQ(flat.gradients().sum().item<double>(), pass * (2 * 2 + 3 * 3));
  }
  EXPECT_EQ(flat.gradients()[16].item<double>(), 6);
  flat.ZeroGradients();
  EXPECT_EQ(b.grad().abs().sum().item<double>(), 0);
  // A pass after changing the values through the buffer uses the new ones.
  flat.values().fill_(4);
  at::mul(a, a).sum().backward();
  EXPECT_EQ(a.grad()[0].item<double>(), 8);
}

TEST(FlatParametersTest, MomentumLiesOverThePrefix) {
  const at::Tensor a = Leaf({5}), b = Leaf({2, 2}), c = Leaf({9});
  const FlatParameters trained({{"a", a}, {"b", b}, {"c", c}},
                               FlatParameters::kWithGradients);
  const FlatParameters momentum(
      {{"m.a", at::zeros({5})}, {"m.b", at::zeros({2, 2})}},
      FlatParameters::kValuesOnly);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(momentum.segments()[i].offset, trained.segments()[i].offset);
  }
  EXPECT_EQ(momentum.size(), trained.segments()[2].offset);
  EXPECT_FALSE(momentum.gradients().defined());
}

TEST(FlatParametersTest, NoticesWhatWasMovedAway) {
  at::Tensor a = Leaf({2});
  FlatParameters flat({{"a", a}}, FlatParameters::kWithGradients);
  flat.CheckInPlace();
  const at::Tensor gradient = a.grad();
  a.mutable_grad() = at::Tensor();
  EXPECT_THROW(flat.ZeroGradients(), c10::Error);
  a.mutable_grad() = gradient;
  flat.CheckInPlace();
  a.set_data(at::ones({2}));
  EXPECT_THROW(flat.CheckInPlace(), c10::Error);
}

TEST(FlatParametersTest, RefusesWhatDoesNotFit) {
  const auto with = FlatParameters::kWithGradients;
  EXPECT_THROW(FlatParameters({}, with), c10::Error);
  EXPECT_THROW(FlatParameters({{"a", at::ones({2})}}, with), c10::Error);
  EXPECT_THROW(FlatParameters({{"a", Leaf({2})}}, FlatParameters::kValuesOnly),
               c10::Error);
  EXPECT_THROW(
      FlatParameters({{"a", Leaf({2})}, {"b", Leaf({2}, at::kDouble)}}, with),
      c10::Error);
  EXPECT_THROW(FlatParameters({{"a", Leaf({2}) * 2}}, with), c10::Error);
}

}  // namespace
}  // namespace snclr
