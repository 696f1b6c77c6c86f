// SPDX-License-Identifier: MIT
#include "snclr/core/optim/gradient_sum.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <mutex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "snclr/core/dist/thread_group_testing.h"

namespace snclr {
namespace {

// Counts the sums that begin, and what backward has made by then.
class CountingGroup final : public ProcessGroup {
 public:
  explicit CountingGroup(ProcessGroup& group) : group_(group) {}
  int64_t rank() const override { return group_.rank(); }
  int64_t size() const override { return group_.size(); }
  at::Tensor AllGather(const at::Tensor& local) override {
    return group_.AllGather(local);
  }
  void AllReduceSum(at::Tensor& tensor) override {
    group_.AllReduceSum(tensor);
  }
  std::unique_ptr<Work> BeginAllReduceSum(at::Tensor tensor) override {
    begun.push_back(tensor.numel());
    if (in_backward) ++begun_in_backward;
    return group_.BeginAllReduceSum(tensor);
  }
  void Broadcast(at::Tensor& tensor, int64_t from) override {
    group_.Broadcast(tensor, from);
  }
  void Barrier() override { group_.Barrier(); }

  std::vector<int64_t> begun;
  bool in_backward = false;
  int begun_in_backward = 0;

 private:
  ProcessGroup& group_;
};

constexpr int64_t kSize = 16;  // 64 bytes: no padding between parameters

NamedTensors Parameters(int count) {
  NamedTensors parameters;
  for (int i = 0; i < count; ++i) {
    parameters.push_back({absl::StrCat("p", i),
                          at::full({kSize}, i + 1.0).requires_grad_(true)});
  }
  return parameters;
}

// sum_i (rank + 1) p_i^2 / 2 for those asked for: gradient (rank + 1) (i + 1).
at::Tensor Loss(const NamedTensors& parameters, int64_t rank, int64_t without) {
  at::Tensor loss = at::zeros({});
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (static_cast<int64_t>(i) == without) continue;
    const at::Tensor& p = parameters[i].tensor;
    loss = loss + (p * p).sum() * (0.5 * static_cast<double>(rank + 1));
  }
  return loss;
}

TEST(GradientSumTest, EveryBucketHoldsTheSumOverTheRanks) {
  for (const int64_t parameters_a_bucket : {1, 2, 3, 100}) {
    OnRanks(3, [&](ProcessGroup& threads) {
      CountingGroup group(threads);
      const NamedTensors parameters = Parameters(5);
      FlatParameters flat(parameters, FlatParameters::kWithGradients);
      GradientSum sum(parameters, flat, group, parameters_a_bucket * kSize * 4);
      for (int step = 0; step < 2; ++step) {
        flat.ZeroGradients();
        sum.Begin();
        group.in_backward = true;
        Loss(parameters, group.rank(), -1).backward();
        group.in_backward = false;
        sum.Finish();
        for (size_t i = 0; i < parameters.size(); ++i) {
          EXPECT_TRUE(at::allclose(parameters[i].tensor.grad(),
                                   at::full({kSize}, 6.0 * (i + 1))))
              << "parameter " << i << ", step " << step;
        }
      }
      EXPECT_EQ(sum.buckets(),
                (5 + parameters_a_bucket - 1) / parameters_a_bucket);
      EXPECT_EQ(static_cast<int64_t>(group.begun.size()), 2 * sum.buckets());
      // None had to wait for backward's end.
      EXPECT_EQ(group.begun_in_backward, 2 * sum.buckets());
    });
  }
}

TEST(GradientSumTest, AParameterWithoutAGradientHoldsNobodyUp) {
  OnRanks(2, [](ProcessGroup& threads) {
    CountingGroup group(threads);
    const NamedTensors parameters = Parameters(4);
    FlatParameters flat(parameters, FlatParameters::kWithGradients);
    GradientSum sum(parameters, flat, group, kSize * 4);
    flat.ZeroGradients();
    sum.Begin();
    group.in_backward = true;
    Loss(parameters, group.rank(), /*without=*/2).backward();
    group.in_backward = false;
    sum.Finish();
    EXPECT_TRUE(
        at::allclose(parameters[0].tensor.grad(), at::full({kSize}, 3.0)));
    EXPECT_TRUE(at::allclose(parameters[2].tensor.grad(), at::zeros({kSize})));
    // The last parameter's at once; the others' after the one that never came.
    EXPECT_EQ(group.begun_in_backward, 1);
    EXPECT_EQ(group.begun.size(), 4u);
  });
}

TEST(GradientSumTest, AProcessAloneSumsNothing) {
  SingleProcess alone;
  CountingGroup group(alone);
  const NamedTensors parameters = Parameters(2);
  FlatParameters flat(parameters, FlatParameters::kWithGradients);
  GradientSum sum(parameters, flat, group, 64);
  sum.Begin();
  Loss(parameters, 0, -1).backward();
  sum.Finish();
  EXPECT_EQ(group.begun.size(), 0u);
  EXPECT_TRUE(
      at::allclose(parameters[1].tensor.grad(), at::full({kSize}, 2.0)));
}

}  // namespace
}  // namespace snclr
