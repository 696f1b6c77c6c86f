// SPDX-License-Identifier: MIT
#include "data/views/erase.h"

#include <cmath>

#include "snclr/core/base/random.h"

namespace snclr {

void Erase(const EraseSpec& spec, uint64_t seed, int64_t side_px, float* out) {
  constexpr int kTries = 10;
  constexpr int kChannels = 3;
  Random random(seed, {});
  const double log_min_aspect = std::log(spec.min_aspect());
  const double log_max_aspect = std::log(spec.max_aspect());
  for (int i = 0; i < kTries; ++i) {
    const double area = random.Uniform(spec.min_area(), spec.max_area()) *
                        static_cast<double>(side_px * side_px);
    const double aspect =
        std::exp(random.Uniform(log_min_aspect, log_max_aspect));
    const int64_t height = std::llrint(std::sqrt(area * aspect));
    const int64_t width = std::llrint(std::sqrt(area / aspect));
    if (height >= side_px || width >= side_px) continue;
    const int64_t top = random.Below(side_px - height + 1);
    const int64_t left = random.Below(side_px - width + 1);
    for (int c = 0; c < kChannels; ++c) {
      for (int64_t y = top; y < top + height; ++y) {
        float* line = out + (c * side_px + y) * side_px + left;
        for (int64_t x = 0; x < width; ++x) {
          line[x] = static_cast<float>(random.Normal());
        }
      }
    }
    return;
  }
}

}  // namespace snclr
