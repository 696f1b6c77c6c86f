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

double MeasureMatrixRate(c10::Device device) {
  constexpr int64_t kSide = 2048;
  const at::NoGradGuard no_gradient;
  const at::Tensor factor =
      at::ones({kSide, kSide}, at::TensorOptions(at::kFloat).device(device));
  at::Tensor product = at::empty_like(factor);
  std::array<double, 5> seconds;
  for (double& each : seconds) {
    const auto begin = std::chrono::steady_clock::now();
    at::mm_out(product, factor, factor);
    product[0][0].item<float>();  // waits
    each =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
            .count();
  }
  std::sort(seconds.begin(), seconds.end());
  return 2.0 * kSide * kSide * kSide / seconds[seconds.size() / 2];
}

}  // namespace snclr
