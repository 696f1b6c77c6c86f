// SPDX-License-Identifier: MIT
#include "eval/online_probe.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <vector>

#include "data/source.h"

namespace snclr {
namespace {

at::Tensor Labels(const std::vector<int64_t>& labels) {
  return at::tensor(labels, at::kLong);
}

// A rank of two whose peer's contribution is known.
class HalfOfTwo : public ProcessGroup {
 public:
  int64_t rank() const override { return 0; }
  int64_t size() const override { return 2; }
  at::Tensor AllGather(const at::Tensor& local) override { return local; }
  void AllReduceSum(at::Tensor& tensor) override { tensor.mul_(2); }
  void Broadcast(at::Tensor& tensor, int64_t from) override {}
  void Barrier() override {}
};

TEST(OnlineProbeTest, LearnsWhatIsThere) {
  SingleProcess group;
  OnlineProbe probe(3, 3, 0.5, 1, group);
  const at::Tensor features = at::eye(3, at::kFloat) * 3;
  for (int step = 0; step < 400; ++step)
    probe.Step(features, Labels({2, 0, 1}));
  // The early errors count for e^-3 or so by now.
  EXPECT_GT(probe.Step(features, Labels({2, 0, 1})).item<double>(), 90);
}

TEST(OnlineProbeTest, CountsWhatWasRightBeforeTheStepAsARunningMean) {
  SingleProcess group;
  OnlineProbe probe(2, 2, 10, 1, group);
  const at::Tensor features = at::eye(2, at::kFloat) * 10;
  // Learnt at once by so large a step; what comes next is all wrong, then
  // right.
  probe.Step(features, Labels({0, 1}));
  const double before = probe.Step(features, Labels({0, 1})).item<double>();
  const double after = probe.Step(features, Labels({1, 0})).item<double>();
  EXPECT_FLOAT_EQ(after, before * 2 / 3);
}

TEST(OnlineProbeTest, UnlabelledImagesDoNotCount) {
  SingleProcess group;
  OnlineProbe some(2, 2, 0.1, 1, group), all(2, 2, 0.1, 1, group);
  const at::Tensor features = at::eye(2, at::kFloat);
  some.Step(features.repeat({2, 1}), Labels({1, 0, kUnlabelled, kUnlabelled}));
  all.Step(features, Labels({1, 0}));
  EXPECT_TRUE(at::equal(some.State()[0].tensor, all.State()[0].tensor));
  const at::Tensor before = some.State()[0].tensor.clone();
  some.Step(features, Labels({kUnlabelled, kUnlabelled}));
  EXPECT_TRUE(at::equal(some.State()[0].tensor, before));
}

// Two ranks with the same images are one rank with these images.
TEST(OnlineProbeTest, RanksAreAveraged) {
  SingleProcess single;
  HalfOfTwo half;
  OnlineProbe one(2, 2, 0.1, 1, single), two(2, 2, 0.1, 1, half);
  const at::Tensor features = at::eye(2, at::kFloat);
  for (int step = 0; step < 5; ++step) {
    const at::Tensor a = one.Step(features, Labels({1, 0}));
    const at::Tensor b = two.Step(features, Labels({1, 0}));
    EXPECT_TRUE(at::equal(a, b));
  }
  EXPECT_TRUE(at::allclose(one.State()[0].tensor, two.State()[0].tensor));
}

}  // namespace
}  // namespace snclr
