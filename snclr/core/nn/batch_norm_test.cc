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
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {
namespace {

// What the threads of one test exchange through: every rank lays its tensor
// down, waits for the others, and takes all of them.
class Meeting {
 public:
  explicit Meeting(int64_t ranks) : brought_(ranks) {}

  std::vector<at::Tensor> Exchange(int64_t rank, const at::Tensor& tensor) {
    std::unique_lock<std::mutex> lock(mutex_);
    brought_[rank] = tensor.clone();
    const int64_t round = round_;
    if (++arrived_ == static_cast<int64_t>(brought_.size())) {
      taken_ = brought_;
      arrived_ = 0;
      ++round_;
      changed_.notify_all();
    }
    changed_.wait(lock, [&] { return round_ != round; });
    return taken_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<at::Tensor> brought_;
  std::vector<at::Tensor> taken_;
  int64_t arrived_ = 0;
  int64_t round_ = 0;
};

class ThreadGroup : public ProcessGroup {
 public:
  ThreadGroup(Meeting& meeting, int64_t rank, int64_t size)
      : meeting_(meeting), rank_(rank), size_(size) {}

  int64_t rank() const override { return rank_; }
  int64_t size() const override { return size_; }
  at::Tensor AllGather(const at::Tensor& local) override {
    return at::cat(meeting_.Exchange(rank_, local));
  }
  void AllReduceSum(at::Tensor& tensor) override {
    const auto all = meeting_.Exchange(rank_, tensor);
    tensor.zero_();
    for (const at::Tensor& part : all) tensor.add_(part);
  }
  void BroadcastFromRankZero(at::Tensor& tensor) override {
    tensor.copy_(meeting_.Exchange(rank_, tensor)[0]);
  }
  void Barrier() override { meeting_.Exchange(rank_, at::zeros({1})); }

 private:
  Meeting& meeting_;
  const int64_t rank_;
  const int64_t size_;
};

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

}  // namespace
}  // namespace snclr
