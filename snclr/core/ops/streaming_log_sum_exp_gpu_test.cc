// SPDX-License-Identifier: MIT
// One streaming sum on the CPU and on a GPU.
#include <ATen/TensorOperators.h>

#include "gtest/gtest.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/ops/streaming_log_sum_exp.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

// Float32 sums in two orders; logits are up to 5.
constexpr double kFloat32Rounding = 1e-5;

TEST(StreamingLogSumExpGpuTest, HasTheSumsOfTheCpu) {
  SNCLR_NEEDS_GPU();
  struct Case {
    int64_t queries, columns, dim;
  };
  // 40 numbers are no whole chunks, 1024 no room in shared memory: LibTorch's
  // operators do those.
  for (const Case& c : {Case{100, 3000, 256}, Case{1, 7, 32}, Case{65, 64, 512},
                        Case{9, 50, 40}, Case{20, 300, 1024}}) {
    SCOPED_TRACE(c.dim);
    const auto queries = UnitDraws({c.queries, c.dim}, 1).to(at::kFloat);
    // Strided, as keys among candidates are.
    const auto columns =
        UnitDraws({c.columns, 3, c.dim}, 2).to(at::kFloat).select(1, 0);
    for (const bool with_mean : {true, false}) {
      const auto cpu = SumOverColumns(queries, columns, {0.2}, with_mean);
      const auto gpu = SumOverColumns(queries.cuda(),
                                      UnitDraws({c.columns, 3, c.dim}, 2)
                                          .to(at::kFloat)
                                          .cuda()
                                          .select(1, 0),
                                      {0.2}, with_mean);
      EXPECT_LT(LargestDifference(gpu.log_sum_exp.cpu(), cpu.log_sum_exp),
                kFloat32Rounding);
      if (!with_mean) continue;
      EXPECT_LT(LargestDifference(gpu.mean_column.cpu(), cpu.mean_column),
                kFloat32Rounding);
    }
  }
}

}  // namespace
}  // namespace snclr
