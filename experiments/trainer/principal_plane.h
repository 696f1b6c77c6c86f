// SPDX-License-Identifier: MIT
// The flat map on which most of the spread of features is seen.
#ifndef EXPERIMENTS_TRAINER_PRINCIPAL_PLANE_H_
#define EXPERIMENTS_TRAINER_PRINCIPAL_PLANE_H_

#include <ATen/core/Tensor.h>

namespace snclr {

struct PrincipalPlane {
  at::Tensor places;  // [N, 2] double, CPU
  double shares[2];   // of the whole variance, in each direction
};

// Principal components of rows of norm 1: with X the normalised, then centred
// rows and X = U S V^T, the places are the first two columns of U S and the
// shares s_i^2 / sum s^2 (0 where all rows are alike). A direction's sign is
// arbitrary.
//
//   rows  [N, D] float, N >= 3, D >= 2; constant
//
// Throws c10::Error on another shape. On the CPU, O(N D min(N, D)).
PrincipalPlane PrincipalPlaneOf(const at::Tensor& rows);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_PRINCIPAL_PLANE_H_
