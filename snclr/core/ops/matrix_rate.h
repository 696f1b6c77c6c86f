// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_MATRIX_RATE_H_
#define SNCLR_CORE_OPS_MATRIX_RATE_H_

#include <c10/core/Device.h>

namespace snclr {

// How fast this machine multiplies matrices here and now, in operations a
// second (a multiplication and an addition count as two): the median of several
// float32 products of 2048 x 2048, on as many threads as operators have. What a
// training step can at best come near. Takes about half a second on two cores;
// waits for the device.
double MeasureMatrixRate(c10::Device device);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_MATRIX_RATE_H_
