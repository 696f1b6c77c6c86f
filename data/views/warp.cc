// SPDX-License-Identifier: MIT
#include "data/views/warp.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace snclr {
namespace {

constexpr int kTaps = 4;
constexpr int kChannels = 3;

// Weights of the four pixels around a point, `between` in [0, 1) behind the
// second of them.
void CubicWeights(double between, float* weights) {
  constexpr double kA = -1;
  const auto near = [](double d) {
    return ((kA + 2) * d - (kA + 3)) * d * d + 1;
  };
  const auto far = [](double d) {
    return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA;
  };
  weights[0] = static_cast<float>(far(1 + between));
  weights[1] = static_cast<float>(near(between));
  weights[2] = static_cast<float>(near(1 - between));
  weights[3] = static_cast<float>(far(2 - between));
}

// The taps along one axis around `at`, which is a position and not an index.
struct Taps {
  Taps(double at, int64_t size) {
    const double first = std::floor(at - 0.5);
    CubicWeights(at - 0.5 - first, weight);
    for (int k = 0; k < kTaps; ++k) {
      index[k] =
          std::clamp<int64_t>(static_cast<int64_t>(first) - 1 + k, 0, size - 1);
    }
  }
  int64_t index[kTaps];
  float weight[kTaps];
};

}  // namespace

AffineMap Rotation(double degrees, int64_t height, int64_t width) {
  const double angle = degrees * M_PI / 180;
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const double x = static_cast<double>(width) / 2;
  const double y = static_cast<double>(height) / 2;
  return {cosine, -sine,  x - cosine * x + sine * y,
          sine,   cosine, y - sine * x - cosine * y};
}

void Warp(const AffineMap& map, const float* fill, int64_t height,
          int64_t width, float* planes) {
  static thread_local std::vector<float> source;
  const int64_t pixels = height * width;
  source.assign(planes, planes + kChannels * pixels);
  for (int64_t row = 0; row < height; ++row) {
    for (int64_t column = 0; column < width; ++column) {
      const double x = static_cast<double>(column) + 0.5;
      const double y = static_cast<double>(row) + 0.5;
      const double from_x = map.xx * x + map.xy * y + map.x0;
      const double from_y = map.yx * x + map.yy * y + map.y0;
      float* out = planes + row * width + column;
      if (from_x < 0 || from_x >= static_cast<double>(width) || from_y < 0 ||
          from_y >= static_cast<double>(height)) {
        for (int c = 0; c < kChannels; ++c) out[c * pixels] = fill[c];
        continue;
      }
      const Taps across(from_x, width), down(from_y, height);
      for (int c = 0; c < kChannels; ++c) {
        float sum = 0;
        for (int i = 0; i < kTaps; ++i) {
          const float* line =
              source.data() + c * pixels + down.index[i] * width;
          float line_sum = 0;
          for (int j = 0; j < kTaps; ++j) {
            line_sum += across.weight[j] * line[across.index[j]];
          }
          sum += down.weight[i] * line_sum;
        }
        out[c * pixels] = std::clamp(sum, 0.0f, 255.0f);
      }
    }
  }
}

}  // namespace snclr
