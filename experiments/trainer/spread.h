// SPDX-License-Identifier: MIT
// How far embeddings are from collapsing: to a point, or to a few directions.
#ifndef EXPERIMENTS_TRAINER_SPREAD_H_
#define EXPERIMENTS_TRAINER_SPREAD_H_

#include <ATen/core/Tensor.h>

namespace snclr {

// Standard deviation over the rows of each coordinate of the normalised rows,
// averaged over coordinates, times sqrt(D): 1 when rows are spread evenly over
// the sphere, 0 when all point one way (Chen and He, SimSiam, arXiv:2011.10566,
// Sec. 4.1).
//
//   rows  [N, D] float, N >= 2; constant
//
// Throws c10::Error on another shape. Waits for the device.
double FeatureStd(const at::Tensor& rows);

// exp(-sum_i p_i log p_i), p the singular values divided by their sum: the
// number of directions that rows make use of, from 1 to min(N, D) (RankMe,
// arXiv:2210.02885, Eq. 1).
//
//   rows  [N, D] float; constant. Of more than 1024 rows the first 1024 are
//   used.
//
// Throws c10::Error on another shape. On the CPU, O(min(N, D)^2 max(N, D)).
double EffectiveRank(const at::Tensor& rows);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_SPREAD_H_
