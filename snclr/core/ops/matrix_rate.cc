// SPDX-License-Identifier: MIT
#include "snclr/core/ops/matrix_rate.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace snclr {

double MeasureMatrixRate(c10::Device device, c10::ScalarType dtype,
                         int64_t side) {
  const at::NoGradGuard no_gradient;
  const at::Tensor factor =
      at::ones({side, side}, at::TensorOptions(dtype).device(device));
  at::Tensor product = at::empty_like(factor);
  std::array<double, 5> seconds;
  for (double& each : seconds) {
    const auto begin = std::chrono::steady_clock::now();
    at::mm_out(product, factor, factor);
    product[0][0].item();  // waits
    each =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
            .count();
  }
  std::sort(seconds.begin(), seconds.end());
  const auto operations = static_cast<double>(side);
  return 2 * operations * operations * operations / seconds[seconds.size() / 2];
}

}  // namespace snclr
