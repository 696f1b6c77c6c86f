// SPDX-License-Identifier: MIT
#include "snclr/core/ops/best_of_blocks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

template <typename Entry>
std::pair<at::Tensor, at::Tensor> BestOf(const at::Tensor& matrix, int64_t k,
                                         int64_t block) {
  BestOfBlocks<Entry> best(matrix.size(0), k);
  for (int64_t i = 0; i < matrix.size(1); i += block) {
    const int64_t size = std::min(block, matrix.size(1) - i);
    best.Add(matrix.narrow(1, i, size).contiguous(), i);
  }
  return best.Sorted();
}

TEST(BestOfBlocksTest, IsTopKWhateverTheBlocks) {
  const auto matrix = Draws({9, 1000}, 1);
  for (const int64_t k : {1, 7, 1000}) {
    const auto [number, column] = at::topk(matrix, k, 1);
    for (const int64_t block : {1000, 333, 5}) {
      const auto doubles = BestOf<ScoredRowDouble>(matrix, k, block);
      EXPECT_EQ(LargestDifference(doubles.first, number), 0);
      EXPECT_EQ(LargestDifference(doubles.second, column), 0);
      const auto floats = BestOf<ScoredRow>(matrix.to(at::kFloat), k, block);
      EXPECT_EQ(LargestDifference(floats.first, number.to(at::kFloat)), 0);
      EXPECT_EQ(LargestDifference(floats.second, column), 0);
    }
  }
}

TEST(BestOfBlocksTest, OfEqualNumbersTakesTheLowestColumns) {
  const auto matrix = at::full({2, 50}, 0.5, at::kFloat);
  matrix[0][31] = 0.75;
  const auto expected = at::tensor({31, 0, 1, 0, 1, 2}, at::kLong).view({2, 3});
  for (const int64_t block : {50, 7}) {
    EXPECT_EQ(
        LargestDifference(BestOf<ScoredRow>(matrix, 3, block).second, expected),
        0);
    EXPECT_EQ(
        LargestDifference(
            BestOf<ScoredRowDouble>(matrix.to(at::kDouble), 3, block).second,
            expected),
        0);
  }
}

TEST(BestOfBlocksTest, CountsWhatIsNoNumberAsTheLowest) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto matrix = at::tensor({NAN, -1.0, -infinity, NAN, 3.0}).view({1, 5});
  const auto expected = at::tensor({4, 1, 0, 2}, at::kLong).view({1, 4});
  EXPECT_EQ(LargestDifference(
                BestOf<ScoredRowDouble>(matrix.to(at::kDouble), 4, 2).second,
                expected),
            0);
  EXPECT_EQ(
      LargestDifference(BestOf<ScoredRow>(matrix.to(at::kFloat), 4, 2).second,
                        expected),
      0);
}

}  // namespace
}  // namespace snclr
