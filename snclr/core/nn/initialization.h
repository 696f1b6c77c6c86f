// SPDX-License-Identifier: MIT
// Initial weights as a function of the seed and the parameter's name alone: no
// order of construction, no other parameter and no thread count changes them.
#ifndef SNCLR_CORE_NN_INITIALIZATION_H_
#define SNCLR_CORE_NN_INITIALIZATION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace snclr {

// Fills `parameter` (CPU, contiguous, float or double) with draws from
// U(-bound, bound). No gradient is recorded.
void FillUniform(at::Tensor parameter, double bound, uint64_t seed,
                 const std::string& name);

// The same with draws of N(0, std^2).
void FillNormal(at::Tensor parameter, double std, uint64_t seed,
                const std::string& name);

// sqrt(6 / (fan_in + fan_out)): the bound of Glorot and Bengio's uniform
// initialisation ("Xavier", AISTATS 2010, Eq. 16).
double XavierBound(int64_t fan_in, int64_t fan_out);

}  // namespace snclr

#endif  // SNCLR_CORE_NN_INITIALIZATION_H_
