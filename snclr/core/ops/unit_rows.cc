// SPDX-License-Identifier: MIT
#include "snclr/core/ops/unit_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace snclr {

at::Tensor UnitRows(const at::Tensor& rows) {
  return rows / at::linalg_vector_norm(rows, 2, {-1}, /*keepdim=*/true)
                    .clamp_min(1e-12);
}

}  // namespace snclr
