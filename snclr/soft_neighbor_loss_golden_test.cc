// SPDX-License-Identifier: MIT
// The published loss and both its gradients, for 1, 2 and 4 ranks. A file holds
// every rank's inputs, so concatenating them is the gather.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/positiveness.h"
#include "snclr/soft_neighbor_loss.h"

namespace snclr {
namespace {

class GoldenLossTest : public ::testing::TestWithParam<std::string> {
 protected:
  // What holds for float64, and float32's tolerances of loss, and of weights
  // and gradients.
  struct Precision {
    at::ScalarType dtype;
    std::string suffix;
    Tolerance loss;
    Tolerance tensors;
  };

  void Check(const Precision& precision);

  const GoldenFile golden_ = GoldenTestFile("snclr/testdata/snclr_loss__" +
                                            GetParam() + ".safetensors");
};

void GoldenLossTest::Check(const Precision& precision) {
  const int64_t ranks = golden_.Int("world_size");
  const int64_t neighbors = golden_.Int("topk");
  const int64_t dim = golden_.Int("dim");
  const auto input = [&](int64_t rank, const std::string& name) {
    return golden_.Tensor("rank" + std::to_string(rank) + ".in." + name)
        .to(precision.dtype);
  };
  std::vector<at::Tensor> all;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    all.push_back(
        UnitRows(input(rank, "k_keep")).view({-1, neighbors + 1, dim}));
  }
  const at::Tensor columns_global = at::cat(all).flatten(0, 1);

  for (int64_t rank = 0; rank < ranks; ++rank) {
    SCOPED_TRACE("rank " + std::to_string(rank));
    const at::Tensor q = input(rank, "q").set_requires_grad(true);
    const at::Tensor y = input(rank, "q_pre").set_requires_grad(true);
    const at::Tensor weights =
        PositivenessOf(y, all[rank].narrow(1, 1, neighbors),
                       {COSINE, golden_.Bool("threshold")});
    const at::Tensor loss =
        SoftNeighborLoss(UnitRows(q), weights, all[rank], columns_global,
                         {CODE, golden_.Double("temperature")});
    loss.backward();
    const auto expected = [&](const std::string& kind,
                              const std::string& name) {
      return golden_.Tensor("rank" + std::to_string(rank) + "." + kind +
                            precision.suffix + "." + name);
    };
    EXPECT_TRUE(IsClose(loss, expected("out", "loss"), precision.loss));
    EXPECT_TRUE(
        IsClose(weights, expected("out", "weights"), precision.tensors));
    EXPECT_TRUE(IsClose(q.grad(), expected("grad", "q"), precision.tensors));
    EXPECT_TRUE(
        IsClose(y.grad(), expected("grad", "q_pre"), precision.tensors));
  }
}

TEST_P(GoldenLossTest, AgreesInFloat64) {
  Check({at::kDouble, "64", {1e-12}, {1e-12, 1e-14}});
}

TEST_P(GoldenLossTest, AgreesInFloat32) {
  Check({at::kFloat, "", {2e-6}, {2e-5, 1e-8}});
}

INSTANTIATE_TEST_SUITE_P(Published, GoldenLossTest,
                         ::testing::Values("w1_a", "w1_b", "w1_k1", "w1_k30",
                                           "w1_threshold", "w1_k1_threshold",
                                           "w2_a", "w2_threshold", "w4_a",
                                           "w4_threshold"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace snclr
