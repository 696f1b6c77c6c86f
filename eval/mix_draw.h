// SPDX-License-Identifier: MIT
// How the images of a batch are mixed: what is drawn for it.
#ifndef EVAL_MIX_DRAW_H_
#define EVAL_MIX_DRAW_H_

#include <cstdint>

#include "snclr/core/base/random.h"

namespace snclr {

struct MixOptions {
  double mixup_alpha = 0;  // 0: off
  double cutmix_alpha = 0;
  double cutmix_probability = 0.5;  // where both are on
};

// The weight of an image's own label; of its partner's it is 1 - own. With
// CutMix a box of the partner's pixels replaces the image's own.
struct Mix {
  double own = 1;
  bool is_cutmix = false;
  int64_t top = 0, left = 0, height = 0, width = 0;
};

// lambda of Beta(alpha, alpha) by inverting its distribution at u in [0, 1).
double BetaQuantile(double alpha, double u);

// Mixup (arXiv:1710.09412): own = lambda. CutMix (arXiv:1905.04899): a box of
// sides S sqrt(1 - lambda) around a uniform centre, cut off at the border, and
// own the share of the image that the box leaves.
Mix DrawMix(const MixOptions& options, int64_t side_px, Random random);

}  // namespace snclr

#endif  // EVAL_MIX_DRAW_H_
