// SPDX-License-Identifier: MIT
#include "snclr/core/ops/find_nearest_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "gtest/gtest.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

// What find_nearest_rows.h states of bfloat16 rows.
constexpr double kBfloat16Rounding = 0x1.0p-7;
constexpr double kUsualBfloat16Rounding = 0x1.0p-10;

at::Tensor Floats(at::IntArrayRef shape, uint64_t seed) {
  return UnitDraws(shape, seed).to(at::kFloat);
}

TEST(FindNearestRowsTest, IsWhatTheOperatorsFind) {
  // 2^20 / 512 queries are 2048 rows a block: three of them, the last short.
  const auto queries = Floats({512, 16}, 1), rows = Floats({5000, 16}, 2);
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const auto found = FindNearestRows(queries.to(type), rows.to(type), 9);
    const auto plain =
        FindNearestRowsByOperators(queries.to(type), rows.to(type), 9);
    EXPECT_EQ(LargestDifference(found.similarity, plain.similarity), 0);
    EXPECT_EQ(LargestDifference(found.index, plain.index), 0);
  }
}

TEST(FindNearestRowsTest, OfEqualRowsTakesTheFirst) {
  // Whole numbers, so that products are exact wherever they are made.
  auto some = at::zeros({40, 8}, at::kFloat);
  some.select(1, 0).copy_(at::arange(1, 41));
  auto query = at::zeros({1, 8}, at::kFloat);
  query.fill_(1);
  const auto found = FindNearestRows(query, at::cat({some, some, some}), 4);
  EXPECT_EQ(
      LargestDifference(found.index,
                        at::tensor({39, 79, 119, 38}, at::kLong).view({1, 4})),
      0);
}

TEST(FindNearestRowsTest, RowsInBfloat16FindTheSameWithinTheirRounding) {
  const auto queries = Floats({64, 256}, 1), rows = Floats({4000, 256}, 2);
  const auto rounded = rows.to(at::kBFloat16);
  const auto exact = FindNearestRows(queries, rows, 30);
  const auto found = FindNearestRows(queries, rounded, 30);
  EXPECT_EQ(found.similarity.scalar_type(), at::kFloat);
  EXPECT_LT(LargestDifference(found.similarity, exact.similarity),
            kUsualBfloat16Rounding);
  // Each row found is as near as the exact K-th, but for the rounding.
  const auto all = at::mm(queries, rows.t());
  const auto truth = all.gather(1, found.index);
  EXPECT_GE((truth - exact.similarity.narrow(1, 29, 1)).min().item<float>(),
            -2 * kUsualBfloat16Rounding);
  EXPECT_LT(LargestDifference(truth, found.similarity), kBfloat16Rounding);
  // And it is no float32 search: the roundings are there.
  EXPECT_GT(LargestDifference(truth, found.similarity), 1e-5);
  // Nearly all are the same rows.
  const auto same =
      (found.index.unsqueeze(2) == exact.index.unsqueeze(1)).any(2);
  EXPECT_GT(same.to(at::kFloat).mean().item<float>(), 0.97);
}

TEST(FindNearestRowsTest, SumsBfloat16ProductsInFloat32) {
  // 256 products of 2^-8 are 1; summed in bfloat16 they would stop at 0.5 or
  // so, where one more no longer counts.
  const auto ones = at::Tensor(Floats({1, 256}, 1).fill_(0x1.0p-4f));
  const auto found = FindNearestRows(ones, ones.to(at::kBFloat16), 1);
  EXPECT_EQ(found.similarity.item<float>(), 1);
}

TEST(FindNearestRowsTest, RefusesWhatDoesNotFit) {
  const auto rows = Floats({6, 4}, 1);
  EXPECT_THROW(FindNearestRows(Floats({2, 3}, 1), rows, 1), c10::Error);
  EXPECT_THROW(FindNearestRows(rows, rows, 7), c10::Error);
  EXPECT_THROW(FindNearestRows(rows, rows, 0), c10::Error);
  EXPECT_THROW(FindNearestRows(rows.to(at::kDouble), rows, 1), c10::Error);
  EXPECT_THROW(FindNearestRows(rows.to(at::kDouble), rows.to(at::kBFloat16), 1),
               c10::Error);
}

}  // namespace
}  // namespace snclr
