// SPDX-License-Identifier: MIT
#include "experiments/trainer/spread.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/std.h>
#include <ATen/ops/xlogy.h>

#include <algorithm>
#include <cmath>

namespace snclr {
namespace {

constexpr int64_t kMaxRows = 1024;

void CheckRows(const at::Tensor& rows, int64_t least) {
  TORCH_CHECK(
      rows.dim() == 2 && rows.size(0) >= least && rows.is_floating_point(),
      "wanted a float matrix of at least ", least, " rows, got ", rows.sizes(),
      " ", rows.scalar_type());
}

}  // namespace

double FeatureStd(const at::Tensor& rows) {
  CheckRows(rows, 2);
  at::NoGradGuard no_grad;
  const at::Tensor raw = rows.to(at::kFloat);
  const at::Tensor norms =
      at::linalg_vector_norm(raw, 2, at::IntArrayRef{1}, /*keepdim=*/true);
  const at::Tensor unit = raw.div(norms.clamp_min(1e-12));  // [N, D]
  const at::Tensor deviations =
      at::std(unit, at::IntArrayRef{0}, /*unbiased=*/true, /*keepdim=*/false);
  return deviations.mean().item<double>() *
         std::sqrt(static_cast<double>(rows.size(1)));
}

double EffectiveRank(const at::Tensor& rows) {
  CheckRows(rows, 1);
  at::NoGradGuard no_grad;
  const at::Tensor some = rows.slice(0, 0, std::min(rows.size(0), kMaxRows));
  const at::Tensor values =
      at::linalg_svdvals(some.to(at::kCPU).to(at::kDouble));  // [min(N, D)]
  const at::Tensor share = values.div(values.sum().clamp_min(1e-300));
  return std::exp(-at::xlogy(share, share).sum().item<double>());
}

}  // namespace snclr
