// SPDX-License-Identifier: MIT
#include "snclr/core/nn/position_embedding.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/stack.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"

namespace snclr {
namespace {

TEST(SinCosPositionsTest, ValuesByHandOnATwoByTwoGrid) {
  const at::Tensor table = SinCosPositions(2, 8)[0];  // [5, 8]
  // Frequencies 1 and 10000^(-1/2) = 0.01. Patch 2 is row 1, column 0.
  const double by_hand[] = {
      std::sin(1), std::sin(0.01), std::cos(1), std::cos(0.01), 0, 0, 1, 1};
  for (int i = 0; i < 8; ++i) {
    EXPECT_FLOAT_EQ(table[0][i].item<float>(), 0) << "class token " << i;
    EXPECT_FLOAT_EQ(table[3][i].item<float>(), static_cast<float>(by_hand[i]))
        << i;
  }
}

TEST(SinCosPositionsTest, RefusesAWidthThatFourDoesNotDivide) {
  EXPECT_THROW(SinCosPositions(2, 6), c10::Error);
}

class SinCosGoldenTest : public ::testing::TestWithParam<const char*> {};

// Sum, sum of absolute values, sum of squares, and the sum weighted by position
// (README of the golden files), so that no row can be out of place.
at::Tensor Checksums(const at::Tensor& table) {
  const at::Tensor t = table.to(at::kDouble);
  double weighted = 0, weights = 0;
  const auto values = t.accessor<double, 2>();
  for (int64_t row = 0; row < t.size(0); ++row) {
    for (int64_t column = 0; column < t.size(1); ++column) {
      const double weight = static_cast<double>((row + 1) * (column + 1));
      weighted += values[row][column] * weight;
      weights += weight;
    }
  }
  return at::stack({t.sum(), t.abs().sum(), t.square().sum(),
                    t.sum().fill_(weighted / weights)});
}

TEST_P(SinCosGoldenTest, EqualsThePublishedTable) {
  const GoldenFile golden =
      GoldenTestFile(std::string("snclr/core/nn/testdata/sincos_table__") +
                     GetParam() + ".safetensors");
  const at::Tensor table =
      SinCosPositions(golden.Int("grid"), golden.Int("embed_dim"))[0];
  ASSERT_EQ(table.size(0), golden.Int("table_rows"));
  EXPECT_TRUE(IsClose(table.index_select(0, golden.Tensor("in.rows")),
                      golden.Tensor("out.rows"), {1e-6}));
  const at::Tensor checksums = Checksums(table);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(
        IsClose(checksums[i], golden.Tensor("out.checksums")[i], {1e-6}))
        << "checksum " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, SinCosGoldenTest,
                         ::testing::Values("g14_d384", "g8_d192"));

}  // namespace
}  // namespace snclr
