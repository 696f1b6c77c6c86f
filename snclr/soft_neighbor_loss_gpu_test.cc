// SPDX-License-Identifier: MIT
// One loss on the CPU and on a GPU.
#include <ATen/TensorOperators.h>

#include <string>
#include <tuple>

#include "gtest/gtest.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/positiveness.h"
#include "snclr/soft_neighbor_loss.h"

namespace snclr {
namespace {

// Float32 sums in two orders, of the largest number in the tensor: scores are
// 1 / T = 5 times what products round.
constexpr double kLossRounding = 5e-6;
constexpr double kGradientRounding = 5e-5;

struct Sizes {
  int64_t batch, neighbors, dim, ranks;
};
// 100 images are a tile and a half; 48 numbers are no whole chunks, which is
// the operators' path; the last is a rank of a real step.
const Sizes kSizes[] = {
    {100, 5, 64, 2}, {16, 3, 48, 1}, {33, 1, 256, 4}, {256, 30, 256, 2}};

struct Results {
  at::Tensor loss, query_gradient, embedding_gradient;
};

Results LossOn(const Sizes& sizes, const SoftNeighborLossOptions& options,
               at::Device device) {
  const auto on = [&](const at::Tensor& doubles) {
    return doubles.to(at::kFloat).to(device);
  };
  const auto queries =
      on(Draws({sizes.batch, sizes.dim}, 1)).set_requires_grad(true);
  const auto embeddings =
      on(Draws({sizes.batch, sizes.dim}, 2)).set_requires_grad(true);
  const auto all = on(UnitDraws(
      {sizes.ranks * sizes.batch, sizes.neighbors + 1, sizes.dim}, 3));
  const auto own = all.narrow(0, 0, sizes.batch);
  const auto loss = SoftNeighborLoss(
      UnitRows(queries),
      PositivenessOf(embeddings, own.narrow(1, 1, sizes.neighbors), {COSINE}),
      own,
      options.neighbors_as_negatives ? all.flatten(0, 1) : all.select(1, 0),
      options);
  loss.backward();
  return {loss.detach().cpu(), queries.grad().cpu(), embeddings.grad().cpu()};
}

double RelativeDifference(const at::Tensor& a, const at::Tensor& b) {
  return LargestDifference(a, b) / b.abs().max().item<double>();
}

class SoftNeighborLossGpuTest
    : public ::testing::TestWithParam<std::tuple<SnclrObjective, bool>> {};

TEST_P(SoftNeighborLossGpuTest, HasTheLossAndGradientsOfTheCpu) {
  SNCLR_NEEDS_GPU();
  const SoftNeighborLossOptions options = {std::get<0>(GetParam()), 0.2,
                                           std::get<1>(GetParam())};
  for (const Sizes& sizes : kSizes) {
    SCOPED_TRACE(sizes.batch);
    const Results cpu = LossOn(sizes, options, at::kCPU);
    const Results gpu = LossOn(sizes, options, at::kCUDA);
    EXPECT_LT(RelativeDifference(gpu.loss, cpu.loss), kLossRounding);
    EXPECT_LT(RelativeDifference(gpu.query_gradient, cpu.query_gradient),
              kGradientRounding);
    EXPECT_LT(
        RelativeDifference(gpu.embedding_gradient, cpu.embedding_gradient),
        kGradientRounding);
    // The same bits again: sums are in one order.
    const Results again = LossOn(sizes, options, at::kCUDA);
    EXPECT_EQ(LargestDifference(again.loss, gpu.loss), 0);
    EXPECT_EQ(LargestDifference(again.query_gradient, gpu.query_gradient), 0);
  }
}

TEST_P(SoftNeighborLossGpuTest, IsTheOperatorsFormOnTheGpu) {
  SNCLR_NEEDS_GPU();
  SoftNeighborLossOptions options = {std::get<0>(GetParam()), 0.2,
                                     std::get<1>(GetParam())};
  const Results fused = LossOn(kSizes[3], options, at::kCUDA);
  options.block = 1000;
  const Results plain = LossOn(kSizes[3], options, at::kCUDA);
  EXPECT_LT(RelativeDifference(fused.loss, plain.loss), kLossRounding);
  EXPECT_LT(RelativeDifference(fused.query_gradient, plain.query_gradient),
            kGradientRounding);
}

INSTANTIATE_TEST_SUITE_P(All, SoftNeighborLossGpuTest,
                         ::testing::Combine(::testing::Values(CODE, PAPER),
                                            ::testing::Bool()),
                         [](const auto& info) {
                           return SnclrObjective_Name(std::get<0>(info.param)) +
                                  (std::get<1>(info.param) ? "NeighborsNegative"
                                                           : "KeysNegative");
                         });

}  // namespace
}  // namespace snclr
