// SPDX-License-Identifier: MIT
#include "snclr/core/nn/position_embedding.h"

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace snclr {

at::Tensor SinCosPositions(int64_t grid, int64_t width) {
  TORCH_CHECK(grid >= 1, "positions on a grid of ", grid, " rows");
  TORCH_CHECK(width >= 4 && width % 4 == 0, "positions of width ", width,
              ", wanted a multiple of 4");
  const int64_t quarter = width / 4;
  at::Tensor table = at::zeros({1, grid * grid + 1, width}, at::kFloat);
  float* row = table.data_ptr<float>() + width;
  for (int64_t y = 0; y < grid; ++y) {
    for (int64_t x = 0; x < grid; ++x, row += width) {
      for (int64_t i = 0; i < quarter; ++i) {
        const double frequency = std::pow(
            10000.0, -static_cast<double>(i) / static_cast<double>(quarter));
        row[i] = static_cast<float>(std::sin(y * frequency));
        row[quarter + i] = static_cast<float>(std::cos(y * frequency));
        row[2 * quarter + i] = static_cast<float>(std::sin(x * frequency));
        row[3 * quarter + i] = static_cast<float>(std::cos(x * frequency));
      }
    }
  }
  return table;
}

}  // namespace snclr
