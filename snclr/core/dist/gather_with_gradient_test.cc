// SPDX-License-Identifier: MIT
#include "snclr/core/dist/gather_with_gradient.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>

#include <array>

#include "gtest/gtest.h"
#include "snclr/core/dist/thread_group_testing.h"

namespace snclr {
namespace {

TEST(GatherWithGradientTest, OneRankGetsItsOwnTensor) {
  SingleProcess group;
  const at::Tensor local = at::ones({2, 3});
  EXPECT_TRUE(GatherWithGradient(local, group).is_same(local));
}

// Rank r's loss weighs rank s's rows by 10^r (s + 1): rows of rank s get
// (1 + 10)(s + 1) from both losses together.
TEST(GatherWithGradientTest, RowsGetTheGradientsOfAllRanksLosses) {
  std::array<at::Tensor, 2> gathered, gradients;
  OnRanks(2, [&](ProcessGroup& group) {
    const int64_t rank = group.rank();
    const at::Tensor local =
        at::full({2, 3}, static_cast<double>(rank), at::kDouble)
            .requires_grad_();
    const at::Tensor all = GatherWithGradient(local, group);
    const at::Tensor weights =
        at::arange(1, 3, at::kDouble).repeat_interleave(2).unsqueeze(1);
    (all * weights * (rank == 0 ? 1 : 10)).sum().backward();
    gathered[rank] = all.detach();
    gradients[rank] = local.grad();
  });
  for (int64_t rank = 0; rank < 2; ++rank) {
    EXPECT_TRUE(at::equal(gathered[rank].select(1, 0),
                          at::arange(2, at::kDouble).repeat_interleave(2)));
    EXPECT_TRUE(at::equal(gradients[rank],
                          at::full({2, 3}, 11.0 * (rank + 1), at::kDouble)));
  }
}

}  // namespace
}  // namespace snclr
