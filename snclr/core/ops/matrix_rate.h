// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_MATRIX_RATE_H_
#define SNCLR_CORE_OPS_MATRIX_RATE_H_

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>

namespace snclr {

// How fast this machine multiplies matrices here and now, in operations a
// second (a multiplication and an addition count as two): the median of several
// products of square matrices, on as many threads as operators have. What a
// training step can at best come near. Takes about half a second on two cores
// with what stands here; bfloat16's rate on a GPU wants a side of 8192. Waits
// for the device.
double MeasureMatrixRate(c10::Device device,
                         c10::ScalarType dtype = c10::ScalarType::Float,
                         int64_t side = 2048);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_MATRIX_RATE_H_
