// SPDX-License-Identifier: MIT
// The momentum encoder's exponential moving average.
#ifndef SNCLR_CORE_OPTIM_EMA_H_
#define SNCLR_CORE_OPTIM_EMA_H_

#include "snclr/core/optim/flat_parameters.h"

namespace snclr {

// What an average moves, and how slowly.
struct EmaTarget {
  FlatParameters& momentum;
  double m;  // in [0, 1]; 1 leaves the copy as it is
};

// p' = m p' + (1 - m) p over the whole momentum copy, in one pass (MoCo,
// arXiv:1911.05722, Eq. 2). `trained` begins with the copy's segments. On the
// CPU the result does not depend on threads or vector width.
//
// Throws c10::Error where the copy does not lie over a prefix of `trained`, or
// m is outside [0, 1].
void UpdateEma(const FlatParameters& trained, const EmaTarget& target);

// Throws c10::Error as UpdateEma does.
void CheckEmaTarget(const FlatParameters& trained, const EmaTarget& target);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_EMA_H_
