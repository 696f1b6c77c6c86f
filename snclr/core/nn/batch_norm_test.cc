// SPDX-License-Identifier: MIT
#include "snclr/core/nn/batch_norm.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/dist/thread_group_testing.h"

namespace snclr {
namespace {

constexpr int64_t kFeatures = 3;

at::Tensor SomeRows(int64_t rows) {
  return at::linspace(0, 7, rows * kFeatures, at::kDouble)
             .sin()
             .view({rows, kFeatures}) +
         100;  // far from zero, so that a sum of squares would cancel
}

// One training call, its gradients and what it left behind.
struct Outcome {
  at::Tensor output;
  at::Tensor input_gradient;
  at::Tensor weight_gradient;  // undefined unless affine
  at::Tensor running_mean;
  at::Tensor running_var;
};

Outcome Train(ProcessGroup& group, const at::Tensor& rows,
              const at::Tensor& cotangent, bool affine) {
  BatchNormOptions options{kFeatures};
  options.affine = affine;
  BatchNorm norm(options, group);
  norm.to(at::kDouble);
  if (affine) {
    const at::NoGradGuard no_grad;
    norm.named_parameters()["weight"].copy_(
        at::linspace(0.5, 2, kFeatures, at::kDouble));
    norm.named_parameters()["bias"].fill_(0.25);
  }
  const at::Tensor input = rows.clone().requires_grad_();
  Outcome outcome;
  const at::Tensor output = norm.Forward(input);
  at::mul(output, cotangent).sum().backward();
  outcome.output = output.detach();
  outcome.input_gradient = input.grad();
  if (affine)
    outcome.weight_gradient = norm.named_parameters()["weight"].grad();
  outcome.running_mean = norm.named_buffers()["running_mean"];
  outcome.running_var = norm.named_buffers()["running_var"];
  return outcome;
}

class BatchNormRanksTest
    : public ::testing::TestWithParam<std::pair<int64_t, bool>> {};

TEST_P(BatchNormRanksTest, RanksTogetherEqualOneRankWithTheWholeBatch) {
  const auto [ranks, affine] = GetParam();
  constexpr int64_t kRows = 12;
  const at::Tensor rows = SomeRows(kRows);
  const at::Tensor cotangent =
      at::linspace(-2, 3, kRows * kFeatures, at::kDouble)
          .cos()
          .view({kRows, kFeatures});
  SingleProcess alone;
  const Outcome whole = Train(alone, rows, cotangent, affine);

  Meeting meeting(ranks);
  std::vector<Outcome> parts(ranks);
  std::vector<std::thread> threads;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank, ranks = ranks, affine = affine] {
      ThreadGroup group(meeting, rank, ranks);
      parts[rank] = Train(group, rows.chunk(ranks)[rank],
                          cotangent.chunk(ranks)[rank], affine);
    });
  }
  for (std::thread& thread : threads) thread.join();

  // Sums in another order, on values near 100: 1e-16 times that, amplified by
  // the division by a small deviation.
  const Tolerance kReduction = {1e-11};
  at::Tensor weight_gradient = at::zeros({kFeatures}, at::kDouble);
  for (int64_t rank = 0; rank < ranks; ++rank) {
    EXPECT_TRUE(IsClose(parts[rank].output, whole.output.chunk(ranks)[rank],
                        kReduction));
    EXPECT_TRUE(IsClose(parts[rank].input_gradient,
                        whole.input_gradient.chunk(ranks)[rank], kReduction));
    EXPECT_TRUE(
        IsClose(parts[rank].running_mean, whole.running_mean, kReduction));
    EXPECT_TRUE(
        IsClose(parts[rank].running_var, whole.running_var, kReduction));
    if (affine) weight_gradient += parts[rank].weight_gradient;
  }
  if (affine) {
    EXPECT_TRUE(IsClose(weight_gradient, whole.weight_gradient, kReduction));
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, BatchNormRanksTest,
                         ::testing::Values(std::make_pair(2, true),
                                           std::make_pair(2, false),
                                           std::make_pair(3, true)));

TEST(BatchNormTest, ValuesByHand) {
  SingleProcess group;
  BatchNormOptions options{1};
  options.epsilon = 0.25;
  BatchNorm norm(options, group);
  // Mean 2, biased variance 2, unbiased 4: deviation sqrt(2.25) = 1.5.
  const at::Tensor rows = at::tensor({2 - M_SQRT2, 2 + M_SQRT2}).view({2, 1});
  const at::Tensor output = norm.Forward(rows.to(at::kFloat));
  EXPECT_NEAR(output[0].item<double>(), -M_SQRT2 / 1.5, 1e-6);
  EXPECT_NEAR(norm.named_buffers()["running_mean"].item<double>(), 0.2, 1e-6);
  EXPECT_NEAR(norm.named_buffers()["running_var"].item<double>(), 0.9 + 0.4,
              1e-6);
  EXPECT_EQ(norm.named_buffers()["num_batches_tracked"].item<int64_t>(), 1);
}

TEST(BatchNormTest, EvaluationUsesAndKeepsTheRunningStatistics) {
  SingleProcess group;
  BatchNorm norm({2}, group);
  norm.eval();
  const at::Tensor rows = at::tensor({3.0F, 5.0F}).view({1, 2});
  EXPECT_TRUE(IsClose(norm.Forward(rows), rows, {1e-5}));  // mean 0, variance 1
  EXPECT_EQ(norm.named_buffers()["num_batches_tracked"].item<int64_t>(), 0);
}

TEST(BatchNormTest, RefusesOneRowInTrainingAndOtherShapes) {
  SingleProcess group;
  BatchNorm norm({2}, group);
  EXPECT_THROW(norm.Forward(at::zeros({1, 2})), c10::Error);
  EXPECT_THROW(norm.Forward(at::zeros({4, 3})), c10::Error);
}

// Maps are rows whose places are rows too: [B, C, H, W] as [B H W, C].
TEST(BatchNormTest, MapsOverTwoRanksEqualTheirPlacesAsRows) {
  const at::Tensor maps = at::linspace(0, 9, 4 * kFeatures * 6, at::kDouble)
                              .sin()
                              .view({4, kFeatures, 2, 3});
  const at::Tensor cotangent =
      at::linspace(1, 5, maps.numel(), at::kDouble).cos().view(maps.sizes());
  const auto as_rows = [](const at::Tensor& tensor) {
    return tensor.permute({0, 2, 3, 1}).reshape({-1, kFeatures});
  };
  SingleProcess alone;
  const Outcome wanted =
      Train(alone, as_rows(maps), as_rows(cotangent), /*affine=*/true);
  std::vector<Outcome> outcomes(2);
  OnRanks(2, [&](ProcessGroup& group) {
    const int64_t rank = group.rank();
    outcomes[rank] = Train(group, maps.chunk(2)[rank], cotangent.chunk(2)[rank],
                           /*affine=*/true);
  });
  const auto both = [&](at::Tensor Outcome::* part) {
    return as_rows(at::cat({outcomes[0].*part, outcomes[1].*part}));
  };
  constexpr Tolerance kRounding{1e-12};
  EXPECT_TRUE(IsClose(both(&Outcome::output), wanted.output, kRounding));
  EXPECT_TRUE(IsClose(both(&Outcome::input_gradient), wanted.input_gradient,
                      kRounding));
  EXPECT_TRUE(IsClose(outcomes[1].running_var, wanted.running_var, kRounding));
  EXPECT_TRUE(IsClose(outcomes[0].weight_gradient + outcomes[1].weight_gradient,
                      wanted.weight_gradient, kRounding));
}

// What autocast hands on; the running statistics stay in the weights' type.
TEST(BatchNormTest, TakesBfloat16OverTwoRanks) {
  const at::Tensor rows = (SomeRows(8) - 100).to(at::kFloat).to(at::kBFloat16);
  std::vector<at::Tensor> outputs(2);
  OnRanks(2, [&](ProcessGroup& group) {
    BatchNorm norm(BatchNormOptions{kFeatures}, group);
    outputs[group.rank()] = norm.Forward(rows.chunk(2)[group.rank()]).detach();
  });
  SingleProcess alone;
  BatchNorm norm(BatchNormOptions{kFeatures}, alone);
  const at::Tensor wanted = norm.Forward(rows.to(at::kFloat)).detach();
  EXPECT_EQ(outputs[0].scalar_type(), at::kBFloat16);
  EXPECT_TRUE(IsClose(at::cat(outputs), wanted, {/*relative=*/0.01}));
}

}  // namespace
}  // namespace snclr
