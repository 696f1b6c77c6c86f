// SPDX-License-Identifier: MIT
// What tests of tensor functions share: draws that are a function of a seed, a
// distance, and gradients by finite differences.
#ifndef SNCLR_CORE_OPS_TENSOR_TESTING_H_
#define SNCLR_CORE_OPS_TENSOR_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace snclr {

// Normal draws, float64: [...].
at::Tensor Draws(at::IntArrayRef shape, uint64_t seed);

// The same with rows of norm 1.
at::Tensor UnitDraws(at::IntArrayRef shape, uint64_t seed);

// max |a - b|, in double; infinite where shapes differ or a NaN is in either.
double LargestDifference(const at::Tensor& a, const at::Tensor& b);

// (f(x + h e) - f(x - h e)) / 2h in every coordinate e of x, float64, in x's
// shape. `function` sees x changed in place.
at::Tensor FiniteDifferences(const std::function<at::Tensor()>& function,
                             const at::Tensor& x, double h = 1e-5);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_TENSOR_TESTING_H_
