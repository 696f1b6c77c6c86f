// SPDX-License-Identifier: MIT
#ifndef SNCLR_LOSS_BAND_H_
#define SNCLR_LOSS_BAND_H_

#include <cstdint>

#include "snclr/core/method.h"
#include "snclr/snclr.pb.h"

namespace snclr {

// Where the first losses of SNCLR lie, for B images on each of W ranks.
//
// Before training a query is as similar to its positives as to any of the N
// columns of Z (soft_neighbor_loss.h), so log Z - q.c/T is near ln N and the
// loss, both directions added, near
//
//   CODE   2 . 2T (1 + sum w) ln N,   sum w = 1 (K for HARD, 0 without
//                                     neighbours; 0 to 1 with the threshold)
//   PAPER  2 (ln N - ln(1 + sum w))
//
// where ln N stands for the range of InitialCrossEntropy.
//
// `spec` is resolved.
LossBand SnclrLossBand(const SnclrSpec& spec, int64_t batch, int64_t ranks);

}  // namespace snclr

#endif  // SNCLR_LOSS_BAND_H_
