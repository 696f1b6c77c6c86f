// SPDX-License-Identifier: MIT
#include "data/views/taps.h"

#include <algorithm>
#include <cmath>

namespace snclr {

void MakeTaps(const ResizeAxis& axis, Taps& taps) {
  const double scale = static_cast<double>(axis.length) / axis.resized;
  const double reach = std::max(scale, 1.0);
  // An open interval of 2 reach holds this many pixel centres at most.
  taps.width = std::min<int64_t>(std::ceil(2 * reach), axis.length);
  taps.begin.resize(axis.count);
  taps.weights.resize(axis.count * taps.width);
  for (int64_t i = 0; i < axis.count; ++i) {
    const int64_t position =
        axis.first + (axis.mirrored ? axis.count - 1 - i : i);
    const double center = (position + 0.5) * scale;
    // The first pixel whose centre lies above center - reach.
    const int64_t begin = std::clamp<int64_t>(
        static_cast<int64_t>(std::floor(center - reach + 0.5)), 0,
        axis.length - taps.width);
    float* weights = taps.weights.data() + i * taps.width;
    double total = 0;
    for (int64_t k = 0; k < taps.width; ++k) {
      const double weight =
          std::max(0.0, 1 - std::abs((begin + k + 0.5 - center) / reach));
      total += weight;
      weights[k] = static_cast<float>(weight);
    }
    const float scaled = static_cast<float>(1 / total);
    for (int64_t k = 0; k < taps.width; ++k) weights[k] *= scaled;
    taps.begin[i] = axis.start + begin;
  }
}

}  // namespace snclr
