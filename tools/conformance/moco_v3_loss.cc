// SPDX-License-Identifier: MIT
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "baselines/moco_v3/info_nce.h"
#include "snclr/core/ops/unit_rows.h"
#include "tools/conformance/cases.h"

namespace snclr {
namespace {

// A direction of the loss as every rank computes it, the gather replaced by the
// other ranks' tensors, which the file holds.
void CheckInPrecision(const GoldenFile& golden, at::ScalarType dtype,
                      Verdict& verdict) {
  const bool twice = dtype == at::kDouble;
  const Tolerance loss_tolerance{twice ? 1e-12 : 2e-6};
  const Tolerance gradient_tolerance{twice ? 1e-12 : 2e-5};
  const std::string digits = twice ? "64." : ".";
  const int64_t ranks = golden.Int("world_size");
  const auto input = [&](int64_t rank, const char* name) {
    return golden.Tensor(absl::StrCat("rank", rank, ".in.", name))
        .to(dtype, /*non_blocking=*/false, /*copy=*/true);
  };
  std::vector<at::Tensor> keys;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    keys.push_back(UnitRows(input(rank, "k")));
  }
  for (int64_t rank = 0; rank < ranks; ++rank) {
    const auto queries = input(rank, "q").set_requires_grad(true);
    const auto loss = InfoNceLoss(UnitRows(queries), at::cat(keys),
                                  {golden.Double("temperature"), rank});
    loss.backward();
    const auto compare = [&](const std::string& name, const at::Tensor& actual,
                             const Tolerance& tolerance) {
      const std::string full = absl::StrCat("rank", rank, ".", name);
      verdict.Compare(full, actual, golden.Tensor(full), tolerance);
    };
    compare("out" + digits + "loss", loss, loss_tolerance);
    compare("grad" + digits + "q", queries.grad(), gradient_tolerance);
  }
}

}  // namespace

void CheckMocoV3Loss(const GoldenFile& golden, Verdict& verdict) {
  CheckInPrecision(golden, at::kFloat, verdict);
  CheckInPrecision(golden, at::kDouble, verdict);
}

}  // namespace snclr
