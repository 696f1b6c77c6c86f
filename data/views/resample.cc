// SPDX-License-Identifier: MIT
#include "data/views/resample.h"

#include <cstring>
#include <vector>

#include "data/views/simd.h"
#include "data/views/taps.h"

namespace snclr {
namespace {

// Red, green, blue and a spare: the columns' weights are the same for all
// three.
using Rgbx = float __attribute__((vector_size(16)));

// out[x] = sum_k weights[k] source[k * stride + x]
SNCLR_PIXEL_LOOP
void BlendRows(const uint8_t* __restrict source, int64_t stride,
               const float* __restrict weights, int64_t rows, int64_t width,
               float* __restrict out) {
  for (int64_t x = 0; x < width; ++x) out[x] = weights[0] * source[x];
  int64_t k = 1;
  for (; k + 1 < rows; k += 2) {
    const uint8_t* __restrict row = source + k * stride;
    for (int64_t x = 0; x < width; ++x) {
      out[x] += weights[k] * row[x] + weights[k + 1] * row[stride + x];
    }
  }
  for (; k < rows; ++k) {
    const uint8_t* __restrict row = source + k * stride;
    for (int64_t x = 0; x < width; ++x) out[x] += weights[k] * row[x];
  }
}

// planes [3, width] -> pixels [width, 4]
SNCLR_PIXEL_LOOP
void Interleave(const float* __restrict planes, int64_t width,
                float* __restrict pixels) {
  for (int64_t x = 0; x < width; ++x) {
    pixels[4 * x] = planes[x];
    pixels[4 * x + 1] = planes[width + x];
    pixels[4 * x + 2] = planes[2 * width + x];
    pixels[4 * x + 3] = 0;
  }
}

// One output row of three planes, `plane` apart, from interleaved pixels of
// which the first is column `left` of the image. kWidth is taps.width, or 0 for
// any.
template <int kWidth>
void BlendColumns(const float* __restrict pixels, int64_t left,
                  const Taps& taps, int64_t plane, float* __restrict out) {
  const int64_t count = taps.begin.size();
  const int64_t width = kWidth > 0 ? kWidth : taps.width;
  const float* __restrict weights = taps.weights.data();
  for (int64_t x = 0; x < count; ++x, weights += width) {
    const float* pixel = pixels + 4 * (taps.begin[x] - left);
    Rgbx sum = {0, 0, 0, 0};
    for (int64_t k = 0; k < width; ++k) {
      Rgbx value;
      std::memcpy(&value, pixel + 4 * k, sizeof(value));
      sum += weights[k] * value;
    }
    out[x] = sum[0];
    out[plane + x] = sum[1];
    out[2 * plane + x] = sum[2];
  }
}

using BlendColumnsFunction = void (*)(const float* pixels, int64_t left,
                                      const Taps& taps, int64_t plane,
                                      float* out);

BlendColumnsFunction ChooseBlendColumns(int64_t width) {
  switch (width) {
    case 2:
      return BlendColumns<2>;
    case 3:
      return BlendColumns<3>;
    case 4:
      return BlendColumns<4>;
    case 5:
      return BlendColumns<5>;
    case 6:
      return BlendColumns<6>;
    default:
      return BlendColumns<0>;
  }
}

}  // namespace

void Resample(const Image& image, const ResizeAxis& rows,
              const ResizeAxis& columns, float* out) {
  struct Scratch {
    Taps rows, columns;
    std::vector<float> planes, pixels;
  };
  static thread_local Scratch scratch;
  MakeTaps(rows, scratch.rows);
  MakeTaps(columns, scratch.columns);

  // The columns that any output needs.
  const auto& begin = scratch.columns.begin;
  const int64_t first = columns.mirrored ? columns.count - 1 : 0;
  const int64_t last = columns.count - 1 - first;
  const int64_t left = begin[first];
  const int64_t width = begin[last] + scratch.columns.width - left;
  scratch.planes.resize(3 * width);
  scratch.pixels.resize(4 * width);

  const BlendColumnsFunction blend_columns =
      ChooseBlendColumns(scratch.columns.width);
  const int64_t plane = rows.count * columns.count;
  for (int64_t y = 0; y < rows.count; ++y) {
    for (int channel = 0; channel < 3; ++channel) {
      BlendRows(
          image.plane(channel) + scratch.rows.begin[y] * image.width + left,
          image.width, scratch.rows.weights.data() + y * scratch.rows.width,
          scratch.rows.width, width, scratch.planes.data() + channel * width);
    }
    Interleave(scratch.planes.data(), width, scratch.pixels.data());
    blend_columns(scratch.pixels.data(), left, scratch.columns, plane,
                  out + y * columns.count);
  }
}

}  // namespace snclr
