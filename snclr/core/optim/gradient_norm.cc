// SPDX-License-Identifier: MIT
#include "snclr/core/optim/gradient_norm.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <vector>

#include "snclr/core/ops/parallel.h"
#include "snclr/core/ops/vector_clones.h"
#include "snclr/core/optim/step_numbers.h"

namespace snclr {
namespace {

constexpr int64_t kGrain = 1 << 15;  // elements summed before anything else
constexpr int kLanes = 16;           // sums side by side, in a fixed order

template <typename T>
SNCLR_INLINE double SumOfSquares(const T* values, int64_t n) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const double value = values[i + lane];
      lanes[lane] += value * value;
    }
  }
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  for (; i < n; ++i) sum += static_cast<double>(values[i]) * values[i];
  return sum;
}

SNCLR_VECTOR_CLONES double SumFloats(const float* values, int64_t n) {
  return SumOfSquares(values, n);
}

SNCLR_VECTOR_CLONES double SumDoubles(const double* values, int64_t n) {
  return SumOfSquares(values, n);
}

}  // namespace

at::Tensor LateGradientNorm(const FlatParameters& parameters) {
  const at::NoGradGuard no_grad;
  return at::linalg_vector_norm(parameters.gradients(), 2, std::nullopt, false,
                                at::kDouble);
}

double GradientNorm(const FlatParameters& parameters) {
  const at::NoGradGuard no_grad;
  const at::Tensor& gradients = parameters.gradients();
  TORCH_CHECK(gradients.defined(), "these parameters have no gradients");
  if (!gradients.is_cpu() || (gradients.scalar_type() != at::kFloat &&
                              gradients.scalar_type() != at::kDouble)) {
    return LateGradientNorm(parameters).item<double>();
  }
  std::vector<double> sums((gradients.numel() + kGrain - 1) / kGrain);
  ParallelFor(gradients.numel(), kGrain, [&](int64_t begin, int64_t end) {
    sums[begin / kGrain] =
        gradients.scalar_type() == at::kFloat
            ? SumFloats(gradients.const_data_ptr<float>() + begin, end - begin)
            : SumDoubles(gradients.const_data_ptr<double>() + begin,
                         end - begin);
  });
  double sum = 0;
  for (const double part : sums) sum += part;
  return std::sqrt(sum);
}

double ClipScale(double norm, double max_norm) {
  return ClippingFactor(norm, max_norm);
}

}  // namespace snclr
