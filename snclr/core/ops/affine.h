// SPDX-License-Identifier: MIT
// Products of many rows with a small matrix, as a transformer's block makes
// them, on the CPU.
//
// Of float32 they are oneDNN's, reached by the operator that LibTorch's own
// compiler uses (mkldnn::_linear_pointwise, in LibTorch since 2.0): a BLAS
// copies such rows into another order first, which costs as much as a fifth of
// the product where there are 192 columns, and keeps threads of its own that
// must be woken. Of other dtypes, and where LibTorch was built without oneDNN,
// they are at::addmm and at::mm.
#ifndef SNCLR_CORE_OPS_AFFINE_H_
#define SNCLR_CORE_OPS_AFFINE_H_

#include <ATen/core/Tensor.h>

namespace snclr {

// All tensors are contiguous matrices on the CPU, of one dtype; weight is [O,
// I] and bias [O]. No gradient flows.

// rows [M, I] W^T + b, [M, O].
at::Tensor Affine(const at::Tensor& rows, const at::Tensor& weight,
                  const at::Tensor& bias);

// GELU (the exact one) of that.
at::Tensor AffineGelu(const at::Tensor& rows, const at::Tensor& weight,
                      const at::Tensor& bias);

// residual [M, O] + rows W^T + b. The residual may be a view.
at::Tensor AffineOnto(const at::Tensor& residual, const at::Tensor& rows,
                      const at::Tensor& weight, const at::Tensor& bias);

// rows [M, O] W, [M, I]: what an affine map's input gets of its output's
// gradient.
at::Tensor TimesWeight(const at::Tensor& rows, const at::Tensor& weight);

// Whether products of rows of this dtype are oneDNN's.
bool ProductsAreOneDnns(at::ScalarType type);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_AFFINE_H_
