// SPDX-License-Identifier: MIT
#include "snclr/core/ops/tensor_testing.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <limits>

#include "snclr/core/base/random.h"
#include "snclr/core/ops/unit_rows.h"

namespace snclr {

at::Tensor Draws(at::IntArrayRef shape, uint64_t seed) {
  at::Tensor draws = at::empty(shape, at::kDouble);
  Random random(seed, {kStreamSubset});
  double* const data = draws.data_ptr<double>();
  for (int64_t i = 0; i < draws.numel(); ++i) data[i] = random.Normal();
  return draws;
}

at::Tensor UnitDraws(at::IntArrayRef shape, uint64_t seed) {
  return UnitRows(Draws(shape, seed));
}

double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (a.sizes() != b.sizes()) return infinity;
  const double largest =
      (a.detach().to(at::kDouble) - b.detach().to(at::kDouble))
          .abs()
          .max()
          .item<double>();
  return largest == largest ? largest : infinity;
}

at::Tensor FiniteDifferences(const std::function<at::Tensor()>& function,
                             const at::Tensor& x, double h) {
  const at::NoGradGuard no_gradient;
  at::Tensor slopes = at::empty_like(x);
  double* const values = x.data_ptr<double>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double value = values[i];
    values[i] = value + h;
    const double above = function().item<double>();
    values[i] = value - h;
    const double below = function().item<double>();
    values[i] = value;
    slopes.data_ptr<double>()[i] = (above - below) / (2 * h);
  }
  return slopes;
}

}  // namespace snclr
