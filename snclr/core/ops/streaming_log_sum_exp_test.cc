// SPDX-License-Identifier: MIT
#include "snclr/core/ops/streaming_log_sum_exp.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "gtest/gtest.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

constexpr double kFloat64Rounding = 1e-13;

at::Tensor Plain(const at::Tensor& queries, const at::Tensor& columns,
                 double temperature) {
  return at::logsumexp(at::mm(queries, columns.t()) / temperature, {1});
}

TEST(StreamingLogSumExpTest, IsTheLogOfTheCountWhereEveryProductIsZero) {
  const auto queries = at::tensor({1.0, 0.0}).view({1, 2});
  const auto columns = at::tensor({0.0, 1.0}).view({1, 2}).repeat({7, 1});
  EXPECT_NEAR(StreamingLogSumExp(queries, columns, {0.2, 3}).item<double>(),
              std::log(7.0), kFloat64Rounding);
}

TEST(StreamingLogSumExpTest, EqualsThePlainFormForAnyBlock) {
  const auto queries = UnitDraws({5, 6}, 1);
  const auto columns = UnitDraws({23, 6}, 2);
  const auto plain = Plain(queries, columns, 0.1);
  for (const int64_t block : {1, 2, 7, 23, 100, 0}) {
    EXPECT_LT(LargestDifference(
                  StreamingLogSumExp(queries, columns, {0.1, block}), plain),
              kFloat64Rounding)
        << "block " << block;
  }
}

TEST(StreamingLogSumExpTest, ReadsStridedColumns) {
  const auto queries = UnitDraws({3, 4}, 1);
  const auto keys =
      UnitDraws({8, 5, 4}, 2).select(1, 0);  // strides of [8, 5, 4]
  EXPECT_LT(LargestDifference(StreamingLogSumExp(queries, keys, {0.2, 3}),
                              Plain(queries, keys, 0.2)),
            kFloat64Rounding);
}

TEST(StreamingLogSumExpTest, StaysFiniteWhereExponentialsOverflow) {
  const auto queries =
      UnitDraws({3, 4}, 1).to(at::kFloat).set_requires_grad(true);
  const auto columns =
      at::cat({UnitDraws({9, 4}, 2).to(at::kFloat), queries.detach()});
  const auto log_z = StreamingLogSumExp(queries, columns, {1e-3, 4});
  log_z.sum().backward();
  EXPECT_TRUE(log_z.isfinite().all().item<bool>());
  EXPECT_TRUE(queries.grad().isfinite().all().item<bool>());
  EXPECT_LT(LargestDifference(log_z, at::full({3}, 1e3)), 1e-2);
}

TEST(StreamingLogSumExpTest, ItsGradientIsThePlainForms) {
  const auto columns = UnitDraws({23, 6}, 2);
  const auto upstream = UnitDraws({1, 5}, 3).squeeze(0);  // [B]
  const auto ours = UnitDraws({5, 6}, 1).set_requires_grad(true);
  const auto plain = UnitDraws({5, 6}, 1).set_requires_grad(true);
  (StreamingLogSumExp(ours, columns, {0.1, 7}) * upstream).sum().backward();
  (Plain(plain, columns, 0.1) * upstream).sum().backward();
  EXPECT_LT(LargestDifference(ours.grad(), plain.grad()), kFloat64Rounding);
}

TEST(StreamingLogSumExpTest, RefusesASecondDerivative) {
  const auto queries = UnitDraws({2, 3}, 1).set_requires_grad(true);
  const auto log_z =
      StreamingLogSumExp(queries, UnitDraws({4, 3}, 2), {0.2}).sum();
  EXPECT_THROW(
      torch::autograd::grad({log_z}, {queries}, /*grad_outputs=*/{},
                            /*retain_graph=*/true, /*create_graph=*/true),
      c10::Error);
}

TEST(StreamingLogSumExpTest, RefusesShapesThatDoNotFit) {
  const auto queries = UnitDraws({2, 3}, 1);
  EXPECT_THROW(StreamingLogSumExp(queries, UnitDraws({4, 2}, 2), {0.2}),
               c10::Error);
  EXPECT_THROW(StreamingLogSumExp(queries, UnitDraws({0, 3}, 2), {0.2}),
               c10::Error);
  EXPECT_THROW(StreamingLogSumExp(queries, UnitDraws({4, 3}, 2), {0.0}),
               c10::Error);
}

}  // namespace
}  // namespace snclr
