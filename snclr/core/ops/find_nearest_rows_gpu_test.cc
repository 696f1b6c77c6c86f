// SPDX-License-Identifier: MIT
// One search on the CPU and on a GPU.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>

#include <cmath>

#include "gtest/gtest.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/ops/find_nearest_rows.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

// Float32 sums of 256 products of unit rows in two orders.
constexpr double kSumOrder = 2e-6;

at::Tensor Floats(at::IntArrayRef shape, uint64_t seed) {
  return UnitDraws(shape, seed).to(at::kFloat);
}

struct Case {
  int64_t queries, rows, dim, k;
};

// 513 queries are a tile more than 8; 100 x 3 are no whole chunks, and 65
// neighbours more than the kernel keeps: LibTorch's operators do those.
const Case kCases[] = {{64, 4096, 256, 30}, {513, 10007, 256, 30},
                       {1, 33, 64, 33},     {130, 5000, 128, 64},
                       {70, 900, 100, 3},   {20, 500, 64, 65}};

TEST(FindNearestRowsGpuTest, FindsWhatTheCpuFinds) {
  SNCLR_NEEDS_GPU();
  for (const Case& c : kCases) {
    const auto queries = Floats({c.queries, c.dim}, 1);
    const auto rows = Floats({c.rows, c.dim}, 2);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      SCOPED_TRACE(c.rows);
      const auto held = rows.to(type);
      const auto cpu = FindNearestRows(queries, held, c.k);
      const auto gpu = FindNearestRows(queries.cuda(), held.cuda(), c.k);
      EXPECT_LT(LargestDifference(gpu.similarity.cpu(), cpu.similarity),
                kSumOrder);
      // The same rows but for pairs that are as close as the sums' rounding:
      // each row's similarity, made here, is what stands in its place.
      const auto rounded = queries.to(type).to(at::kFloat);
      const auto truth =
          at::mm(rounded, held.to(at::kFloat).t()).gather(1, gpu.index.cpu());
      EXPECT_LT(LargestDifference(truth, cpu.similarity), kSumOrder);
      const auto same = (gpu.index.cpu() == cpu.index).to(at::kFloat);
      EXPECT_GT(same.mean().item<float>(), 0.99);
    }
  }
}

TEST(FindNearestRowsGpuTest, OfEqualRowsTakesTheFirst) {
  SNCLR_NEEDS_GPU();
  const auto some = Floats({1000, 128}, 1);
  const auto rows = at::cat({some, some, some});
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const auto held = rows.to(type);
    const auto queries = Floats({100, 128}, 2);
    const auto gpu =
        FindNearestRows(queries.cuda(), held.cuda(), 3).index.cpu();
    EXPECT_EQ(LargestDifference(gpu.select(1, 1), gpu.select(1, 0) + 1000), 0);
    EXPECT_EQ(LargestDifference(gpu.select(1, 2), gpu.select(1, 0) + 2000), 0);
  }
}

TEST(FindNearestRowsGpuTest, GivesTheSameBitsAgain) {
  SNCLR_NEEDS_GPU();
  const auto queries = Floats({300, 256}, 1).cuda();
  const auto rows = Floats({20000, 256}, 2).to(at::kBFloat16).cuda();
  const auto first = FindNearestRows(queries, rows, 30);
  for (int i = 0; i < 5; ++i) {
    const auto again = FindNearestRows(queries, rows, 30);
    EXPECT_EQ(LargestDifference(again.similarity, first.similarity), 0);
    EXPECT_EQ(LargestDifference(again.index, first.index), 0);
  }
}

TEST(FindNearestRowsGpuTest, GivesRowsThatExistWhereSimilaritiesAreNoNumbers) {
  SNCLR_NEEDS_GPU();
  const auto queries = Floats({3, 64}, 1).fill_(NAN).cuda();
  const auto index =
      FindNearestRows(queries, Floats({999, 64}, 2).cuda(), 5).index;
  EXPECT_GE(index.min().item<int64_t>(), 0);
  EXPECT_LT(index.max().item<int64_t>(), 999);
}

}  // namespace
}  // namespace snclr
