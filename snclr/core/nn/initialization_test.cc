// SPDX-License-Identifier: MIT
#include "snclr/core/nn/initialization.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>

#include <cmath>

#include "gtest/gtest.h"

namespace snclr {
namespace {

at::Tensor Uniform(int64_t n, double bound, uint64_t seed, const char* name,
                   at::ScalarType type = at::kDouble) {
  at::Tensor values = at::empty({n}, type);
  FillUniform(values, bound, seed, name);
  return values;
}

TEST(InitializationTest, IsAFunctionOfSeedAndName) {
  const at::Tensor first = Uniform(50, 1, 7, "a.weight");
  EXPECT_TRUE(at::equal(first, Uniform(50, 1, 7, "a.weight")));
  EXPECT_FALSE(at::equal(first, Uniform(50, 1, 8, "a.weight")));
  EXPECT_FALSE(at::equal(first, Uniform(50, 1, 7, "b.weight")));
}

TEST(InitializationTest, FirstDrawsStayWhatTheyAre) {
  // A change here changes every run that was ever made.
  const at::Tensor draws = Uniform(2, 1, 1, "patch_embed.proj.weight");
  EXPECT_DOUBLE_EQ(draws[0].item<double>(), -0.7374449809406085);
  EXPECT_DOUBLE_EQ(draws[1].item<double>(), 0.10933466068792708);
}

TEST(InitializationTest, UniformFillsItsRangeEvenly) {
  constexpr int64_t kDraws = 100000;
  const at::Tensor draws = Uniform(kDraws, 0.5, 3, "w");
  EXPECT_LE(draws.abs().max().item<double>(), 0.5);
  // Four standard errors of mean and of standard deviation.
  EXPECT_NEAR(draws.mean().item<double>(), 0, 4 * 0.289 / std::sqrt(kDraws));
  EXPECT_NEAR(draws.std().item<double>(), 0.5 / std::sqrt(3), 0.0016);
}

TEST(InitializationTest, NormalHasItsStandardDeviation) {
  at::Tensor draws = at::empty({100000}, at::kDouble);
  FillNormal(draws, 1e-6, 3, "cls_token");
  EXPECT_NEAR(draws.mean().item<double>(), 0, 4e-6 / std::sqrt(1e5));
  EXPECT_NEAR(draws.std().item<double>(), 1e-6, 1e-8);
}

TEST(InitializationTest, FloatsAreRoundedDoubles) {
  const at::Tensor floats = Uniform(100, 1, 5, "w", at::kFloat);
  EXPECT_TRUE(at::equal(floats, Uniform(100, 1, 5, "w").to(at::kFloat)));
}

TEST(InitializationTest, XavierBoundIsTheFormula) {
  EXPECT_DOUBLE_EQ(XavierBound(2, 4), 1.0);
  EXPECT_DOUBLE_EQ(XavierBound(192, 192), 0.125);
}

}  // namespace
}  // namespace snclr
