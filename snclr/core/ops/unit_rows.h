// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_UNIT_ROWS_H_
#define SNCLR_CORE_OPS_UNIT_ROWS_H_

#include <ATen/core/Tensor.h>

namespace snclr {

// x / max(|x|, 1e-12) along the last dimension: [..., D] -> [..., D]. Gradient
// flows. The bound leaves a zero row zero, as the published code does.
at::Tensor UnitRows(const at::Tensor& rows);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_UNIT_ROWS_H_
