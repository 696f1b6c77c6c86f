// SPDX-License-Identifier: MIT
#include "experiments/trainer/principal_plane.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace snclr {

PrincipalPlane PrincipalPlaneOf(const at::Tensor& rows) {
  TORCH_CHECK(rows.dim() == 2 && rows.size(0) >= 3 && rows.size(1) >= 2,
              "PrincipalPlaneOf: wanted at least 3 rows of 2 values, got ",
              rows.sizes());
  const at::NoGradGuard no_grad;
  const at::Tensor raw = rows.to(at::kCPU).to(at::kDouble);
  const at::Tensor norms =
      at::linalg_vector_norm(raw, 2, at::IntArrayRef{1}, /*keepdim=*/true);
  const at::Tensor unit = raw.div(norms.clamp_min(1e-12));
  const at::Tensor centred = unit.sub(unit.mean(0, /*keepdim=*/true));
  const auto [left, values, right] =
      at::linalg_svd(centred, /*full_matrices=*/false);
  PrincipalPlane plane;
  plane.places = left.narrow(1, 0, 2).mul(values.narrow(0, 0, 2)).contiguous();
  const at::Tensor variances = values.mul(values);
  const double whole = variances.sum().item<double>();
  for (int i = 0; i < 2; ++i) {
    plane.shares[i] = whole > 0 ? variances[i].item<double>() / whole : 0;
  }
  return plane;
}

}  // namespace snclr
