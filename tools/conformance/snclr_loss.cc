// SPDX-License-Identifier: MIT
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros_like.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/positiveness.h"
#include "snclr/soft_neighbor_loss.h"
#include "tools/conformance/cases.h"

namespace snclr {
namespace {

struct Tolerances {
  Tolerance loss;
  Tolerance tensors;  // weights and gradients, of the largest value
};
constexpr Tolerances kFloat32{{2e-6}, {2e-5, 1e-8}};
constexpr Tolerances kFloat64{{1e-12}, {1e-12, 1e-14}};

// A direction of the loss as every rank computes it, the gather replaced by the
// other ranks' tensors, which the file holds.
class SnclrLoss {
 public:
  SnclrLoss(const GoldenFile& golden, at::ScalarType dtype)
      : golden_(golden),
        dtype_(dtype),
        batch_(golden.Int("batch")),
        neighbors_(golden.Int("topk")),
        dim_(golden.Int("dim")) {
    std::vector<at::Tensor> columns;
    for (int64_t rank = 0; rank < golden.Int("world_size"); ++rank) {
      columns.push_back(UnitRows(Input(rank, "k_keep")));
    }
    columns_global_ = at::cat(columns);
  }

  void Check(int64_t rank, Verdict& verdict) const {
    const auto queries = Input(rank, "q").set_requires_grad(true);
    const auto embeddings = Input(rank, "q_pre").set_requires_grad(true);
    const auto neighbors =
        UnitRows(Input(rank, "k")).view({batch_, neighbors_, dim_});
    const auto candidates =
        UnitRows(Input(rank, "k_keep")).view({batch_, neighbors_ + 1, dim_});
    const auto weights = PositivenessOf(embeddings, neighbors,
                                        {COSINE, golden_.Bool("threshold")});
    const auto loss = SoftNeighborLoss(UnitRows(queries), weights, candidates,
                                       columns_global_,
                                       {CODE, golden_.Double("temperature")});
    loss.backward();

    const bool twice = dtype_ == at::kDouble;
    const Tolerances& tolerances = twice ? kFloat64 : kFloat32;
    const std::string digits = twice ? "64." : ".";
    const auto compare = [&](const std::string& name, const at::Tensor& actual,
                             const Tolerance& tolerance) {
      const std::string full = absl::StrCat("rank", rank, ".", name);
      verdict.Compare(full, actual, golden_.Tensor(full), tolerance);
    };
    compare("out" + digits + "loss", loss, tolerances.loss);
    compare("out" + digits + "weights", weights, tolerances.tensors);
    compare("grad" + digits + "q", GradientOf(queries), tolerances.tensors);
    compare("grad" + digits + "q_pre", GradientOf(embeddings),
            tolerances.tensors);
  }

 private:
  at::Tensor Input(int64_t rank, const char* name) const {
    return golden_.Tensor(absl::StrCat("rank", rank, ".in.", name))
        .to(dtype_, /*non_blocking=*/false, /*copy=*/true);
  }

  // None arrives where the threshold cut every neighbour.
  static at::Tensor GradientOf(const at::Tensor& leaf) {
    return leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf);
  }

  const GoldenFile& golden_;
  const at::ScalarType dtype_;
  const int64_t batch_;
  const int64_t neighbors_;
  const int64_t dim_;
  at::Tensor columns_global_;  // [W B (K+1), D]
};

}  // namespace

void CheckSnclrLoss(const GoldenFile& golden, Verdict& verdict) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    const SnclrLoss loss(golden, dtype);
    for (int64_t rank = 0; rank < golden.Int("world_size"); ++rank) {
      loss.Check(rank, verdict);
    }
  }
}

}  // namespace snclr
