// SPDX-License-Identifier: MIT
#include "eval/mix_draw.h"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <cmath>

namespace snclr {

double BetaQuantile(double alpha, double u) {
  return boost::math::quantile(boost::math::beta_distribution<>(alpha, alpha),
                               u);
}

Mix DrawMix(const MixOptions& options, int64_t side_px, Random random) {
  // The same number of draws whatever is on.
  const double which = random.Uniform();
  const double share = random.Uniform();
  const int64_t row = random.Below(side_px);
  const int64_t column = random.Below(side_px);

  Mix mix;
  const bool has_mixup = options.mixup_alpha > 0;
  const bool has_cutmix = options.cutmix_alpha > 0;
  if (!has_mixup && !has_cutmix) return mix;
  mix.is_cutmix =
      has_cutmix && (!has_mixup || which < options.cutmix_probability);
  if (!mix.is_cutmix) {
    mix.own = BetaQuantile(options.mixup_alpha, share);
    return mix;
  }
  const double lambda = BetaQuantile(options.cutmix_alpha, share);
  const auto half = static_cast<int64_t>(static_cast<double>(side_px) *
                                         std::sqrt(1 - lambda) / 2);
  const auto clip = [&](int64_t at) {
    return std::clamp<int64_t>(at, 0, side_px);
  };
  mix.top = clip(row - half);
  mix.left = clip(column - half);
  mix.height = clip(row + half) - mix.top;
  mix.width = clip(column + half) - mix.left;
  mix.own = 1 - static_cast<double>(mix.height * mix.width) /
                    static_cast<double>(side_px * side_px);
  return mix;
}

}  // namespace snclr
