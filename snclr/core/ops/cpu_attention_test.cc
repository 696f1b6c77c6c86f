// SPDX-License-Identifier: MIT
#include "snclr/core/ops/cpu_attention.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>
#include <vector>

#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

constexpr int64_t kImages = 3, kTokens = 21, kHeads = 4, kWidth = 32;

// Columns of one matrix, as a block's projection writes them.
Projections Columns(const at::Tensor& all) {
  return {all.narrow(2, 0, kWidth), all.narrow(2, kWidth, kWidth),
          all.narrow(2, 2 * kWidth, kWidth)};
}

at::Tensor Heads(const at::Tensor& rows) {
  return rows.reshape({rows.size(0), rows.size(1), kHeads, kWidth / kHeads})
      .transpose(1, 2);
}

at::Tensor Scores(const Projections& of) {
  return at::matmul(Heads(of.query), Heads(of.key).transpose(2, 3)) /
         std::sqrt(static_cast<double>(kWidth / kHeads));
}

// By operators, so that gradient flows.
at::Tensor Define(const Projections& of) {
  return at::matmul(at::softmax(Scores(of), -1), Heads(of.value))
      .transpose(1, 2)
      .reshape(of.query.sizes());
}

TEST(CpuAttentionTest, EqualsOperatorsAndTheirGradients) {
  const at::Tensor all = Draws({kImages, kTokens, 3 * kWidth}, 1);
  all.set_requires_grad(true);
  const at::Tensor gradient = Draws({kImages, kTokens, kWidth}, 2);
  const at::Tensor expected = Define(Columns(all));
  const at::Tensor d_expected =
      torch::autograd::grad({expected}, {all}, {gradient})[0];

  const Projections of = Columns(all.detach());
  const Attended made = CpuAttention(of, kHeads);
  EXPECT_LT(LargestDifference(made.rows, expected), 1e-14);
  EXPECT_LT(LargestDifference(made.log_sum_exp, at::logsumexp(Scores(of), -1)),
            1e-13);
  const at::Tensor d_all =
      at::full_like(all.detach(), std::numeric_limits<double>::quiet_NaN());
  CpuAttentionBackward(gradient, of, made, kHeads, Columns(d_all));
  EXPECT_LT(LargestDifference(d_all, d_expected), 1e-13);
}

TEST(CpuAttentionTest, FewerQueriesThanKeys) {
  const at::Tensor all = Draws({kImages, kTokens, 3 * kWidth}, 1);
  Projections of = Columns(all);
  const at::Tensor every = CpuAttention(of, kHeads).rows;
  of.query = of.query.narrow(1, 0, 1);
  EXPECT_LT(
      LargestDifference(CpuAttention(of, kHeads).rows, every.narrow(1, 0, 1)),
      1e-15);
}

TEST(CpuAttentionTest, TheSameBitsForAnyNumberOfThreads) {
  const int threads = at::get_num_threads();
  const Projections of =
      Columns(Draws({40, kTokens, 3 * kWidth}, 1).to(at::kFloat));
  std::vector<at::Tensor> rows;
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    rows.push_back(CpuAttention(of, kHeads).rows);
  }
  at::set_num_threads(threads);
  EXPECT_TRUE(rows[1].equal(rows[0]));
  EXPECT_TRUE(rows[2].equal(rows[0]));
}

TEST(CpuAttentionTest, RefusesWhatDoesNotFit) {
  const at::Tensor all = Draws({kImages, kTokens, 3 * kWidth}, 1);
  const Projections of = Columns(all);
  EXPECT_THROW(CpuAttention(of, /*heads=*/5), c10::Error);
  Projections other = of;
  other.key = of.key.to(at::kFloat);
  EXPECT_THROW(CpuAttention(other, kHeads), c10::Error);
  other = of;
  other.value = of.value.narrow(1, 0, 3);
  EXPECT_THROW(CpuAttention(other, kHeads), c10::Error);
  other = of;
  other.query = of.query.transpose(0, 2).contiguous().transpose(0, 2);
  EXPECT_THROW(CpuAttention(other, kHeads), c10::Error);
}

}  // namespace
}  // namespace snclr
