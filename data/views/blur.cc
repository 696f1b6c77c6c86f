// SPDX-License-Identifier: MIT
#include "data/views/blur.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "data/views/border.h"
#include "data/views/simd.h"

namespace snclr {
namespace {

// A symmetric filter: weights[k] for both offsets -k and k.
using Weights = std::vector<float>;

// out[i] = weights[0] in[i] + sum_k weights[k] (in[i - k step] + in[i + k
// step])
SNCLR_PIXEL_LOOP
void Filter(const float* __restrict in, int64_t step,
            const float* __restrict weights, int64_t radius, int64_t count,
            float* __restrict out) {
  constexpr int64_t kBlock = 512;  // stays in the first cache over all weights
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t size = count - begin < kBlock ? count - begin : kBlock;
    const float* __restrict from = in + begin;
    float* __restrict to = out + begin;
    int64_t k = 0;
    if (radius >= 2) {
      for (int64_t i = 0; i < size; ++i) {
        to[i] = weights[0] * from[i] +
                weights[1] * (from[i - step] + from[i + step]) +
                weights[2] * (from[i - 2 * step] + from[i + 2 * step]);
      }
      k = 3;
    } else {
      for (int64_t i = 0; i < size; ++i) {
        to[i] = weights[0] * from[i] +
                weights[1] * (from[i - step] + from[i + step]);
      }
      k = 2;
    }
    for (; k <= radius; ++k) {
      const float* __restrict before = from - k * step;
      const float* __restrict after = from + k * step;
      for (int64_t i = 0; i < size; ++i) {
        to[i] += weights[k] * (before[i] + after[i]);
      }
    }
  }
}

// Fills `radius` lines of `size` values before and after `count` lines.
void Pad(Border border, int64_t radius, int64_t count, int64_t size,
         float* lines) {
  const auto copy = [&](int64_t i) {
    std::memcpy(lines + i * size, lines + BorderSource(border, i, count) * size,
                size * sizeof(float));
  };
  for (int64_t i = 1; i <= radius; ++i) {
    copy(-i);
    copy(count - 1 + i);
  }
}

// Filters one plane `passes` times along its rows, then along its columns.
void FilterPlane(const Weights& weights, int passes, Border border,
                 int64_t height, int64_t width, float* plane) {
  static thread_local std::vector<float> scratch[4];
  const int64_t radius = weights.size() - 1;
  float* row[2];
  float* column[2];
  for (int i = 0; i < 2; ++i) {
    scratch[i].resize(width + 2 * radius);
    row[i] = scratch[i].data() + radius;
    scratch[2 + i].resize((height + 2 * radius) * width);
    column[i] = scratch[2 + i].data() + radius * width;
  }

  for (int64_t y = 0; y < height; ++y) {
    std::memcpy(row[0], plane + y * width, width * sizeof(float));
    for (int pass = 0; pass < passes; ++pass) {
      float* from = row[pass % 2];
      float* to = pass + 1 < passes ? row[1 - pass % 2] : column[0] + y * width;
      Pad(border, radius, width, 1, from);
      Filter(from, 1, weights.data(), radius, width, to);
    }
  }
  for (int pass = 0; pass < passes; ++pass) {
    float* from = column[pass % 2];
    float* to = pass + 1 < passes ? column[1 - pass % 2] : plane;
    Pad(border, radius, height, width, from);
    Filter(from, width, weights.data(), radius, height * width, to);
  }
}

void FilterPlanes(const Weights& weights, int passes, Border border,
                  int channels, int64_t height, int64_t width, float* planes) {
  for (int channel = 0; channel < channels; ++channel) {
    FilterPlane(weights, passes, border, height, width,
                planes + channel * height * width);
  }
}

}  // namespace

void ThreeBoxesWeights(double sigma_px, std::vector<float>& weights) {
  // A box of r = whole + part has variance sigma^2 / 3 for this part.
  const double variance = sigma_px * sigma_px / 3;
  const double whole = std::floor((std::sqrt(12 * variance + 1) - 1) / 2);
  const double part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) /
                      (6 * (variance - (whole + 1) * (whole + 1)));
  const double size = 2 * (whole + part) + 1;
  weights.assign(static_cast<int64_t>(whole) + 2, static_cast<float>(1 / size));
  weights.back() = static_cast<float>(part / size);
}

void Gaussian23Weights(double sigma_px, std::vector<float>& weights) {
  constexpr int kRadius = 11;
  constexpr double kNothing = 1e-9;  // of the centre's weight; below a float's
  double gaussian[kRadius + 1];
  double total = 0;
  for (int k = 0; k <= kRadius; ++k) {
    gaussian[k] = std::exp(-0.5 * (k / sigma_px) * (k / sigma_px));
    total += k == 0 ? gaussian[k] : 2 * gaussian[k];
  }
  weights.clear();
  for (int k = 0; k <= kRadius && (k < 2 || gaussian[k] > kNothing); ++k) {
    weights.push_back(static_cast<float>(gaussian[k] / total));
  }
}

void BlurThreeBoxes(double sigma_px, int channels, int64_t height,
                    int64_t width, float* planes) {
  static thread_local Weights weights;
  ThreeBoxesWeights(sigma_px, weights);
  FilterPlanes(weights, 3, Border::kReplicate, channels, height, width, planes);
}

void BlurGaussian23(double sigma_px, int channels, int64_t height,
                    int64_t width, float* planes) {
  static thread_local Weights weights;
  Gaussian23Weights(sigma_px, weights);
  FilterPlanes(weights, 1, Border::kReflect, channels, height, width, planes);
}

}  // namespace snclr
