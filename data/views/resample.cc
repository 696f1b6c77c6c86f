// SPDX-License-Identifier: MIT
#include "data/views/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "data/views/simd.h"

namespace snclr {
namespace {

// Output rows that are made together: across, all of them have the same
// weights, so one vector holds a pixel of each.
constexpr int kGroup = 16;

// Each output is made of `width` source pixels from `begin[i]` on (from the
// image's border), with weights[i * width ...], some of which may be 0: a loop
// of one length for all outputs is the faster one.
struct Taps {
  int64_t width = 0;
  std::vector<int64_t> begin;
  std::vector<float> weights;
};

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

// out[x] = sum_k weights[k] source[k * stride + x]. Pairs are added to the
// first, so that the order does not depend on kRows.
template <int kRows>
inline void BlendRowsOf(const uint8_t* __restrict source, int64_t stride,
                        const float* __restrict weights, int64_t width,
                        float* __restrict out) {
  for (int64_t x = 0; x < width; ++x) {
    float sum = weights[0] * source[x];
    for (int k = 1; k + 1 < kRows; k += 2) {
      sum += weights[k] * source[k * stride + x] +
             weights[k + 1] * source[(k + 1) * stride + x];
    }
    if (kRows % 2 == 0) {
      sum += weights[kRows - 1] * source[(kRows - 1) * stride + x];
    }
    out[x] = sum;
  }
}

SNCLR_PIXEL_LOOP
void BlendRows(const uint8_t* __restrict source, int64_t stride,
               const float* __restrict weights, int64_t rows, int64_t width,
               float* __restrict out) {
  switch (rows) {
    case 2:
      return BlendRowsOf<2>(source, stride, weights, width, out);
    case 3:
      return BlendRowsOf<3>(source, stride, weights, width, out);
    case 4:
      return BlendRowsOf<4>(source, stride, weights, width, out);
    case 5:
      return BlendRowsOf<5>(source, stride, weights, width, out);
    case 6:
      return BlendRowsOf<6>(source, stride, weights, width, out);
    default:
      break;
  }
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

using Quad = float __attribute__((vector_size(16)));

inline Quad Load(const float* from) {
  Quad quad;
  std::memcpy(&quad, from, sizeof(quad));
  return quad;
}

inline void Store(const Quad& quad, float* to) {
  std::memcpy(to, &quad, sizeof(quad));
}

// 4 x 4 values, rows `from_step` and `to_step` apart.
inline void Transpose(const float* from, int64_t from_step, float* to,
                      int64_t to_step) {
  const Quad a = Load(from), b = Load(from + from_step);
  const Quad c = Load(from + 2 * from_step), d = Load(from + 3 * from_step);
  const Quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  Store(__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5), to);
  Store(__builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7), to + to_step);
  Store(__builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
        to + 2 * to_step);
  Store(__builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7),
        to + 3 * to_step);
}

// rows [kGroup, width] -> columns [width, kGroup]; width is a multiple of 4.
void RowsToColumns(const float* rows, int64_t width, float* columns) {
  for (int64_t x = 0; x < width; x += 4) {
    for (int row = 0; row < kGroup; row += 4) {
      Transpose(rows + row * width + x, width, columns + x * kGroup + row,
                kGroup);
    }
  }
}

// columns [width, kGroup] -> the first `count` rows, `stride` apart.
void ColumnsToRows(const float* columns, int64_t width, int64_t count,
                   int64_t stride, float* rows) {
  int64_t row = 0;
  for (; row + 4 <= count; row += 4) {
    int64_t x = 0;
    for (; x + 4 <= width; x += 4) {
      Transpose(columns + x * kGroup + row, kGroup, rows + row * stride + x,
                stride);
    }
    for (; x < width; ++x) {
      for (int i = 0; i < 4; ++i) {
        rows[(row + i) * stride + x] = columns[x * kGroup + row + i];
      }
    }
  }
  for (; row < count; ++row) {
    for (int64_t x = 0; x < width; ++x) {
      rows[row * stride + x] = columns[x * kGroup + row];
    }
  }
}

// out[x] = sum_k weights[k] columns[begin[x] - left + k], each of kGroup rows.
// kWidth is taps.width, or 0 for any.
template <int kWidth>
inline void BlendColumnsOf(const float* __restrict columns, int64_t left,
                           const int64_t* __restrict begin,
                           const float* __restrict weights, int64_t taps,
                           int64_t count, float* __restrict out) {
  const int64_t width = kWidth > 0 ? kWidth : taps;
  for (int64_t x = 0; x < count; ++x, weights += width) {
    const float* __restrict column = columns + (begin[x] - left) * kGroup;
    float sum[kGroup];
    for (int i = 0; i < kGroup; ++i) sum[i] = weights[0] * column[i];
    for (int64_t k = 1; k < width; ++k) {
      for (int i = 0; i < kGroup; ++i) {
        sum[i] += weights[k] * column[k * kGroup + i];
      }
    }
    for (int i = 0; i < kGroup; ++i) out[x * kGroup + i] = sum[i];
  }
}

SNCLR_PIXEL_LOOP
void BlendColumns(const float* columns, int64_t left, const int64_t* begin,
                  const float* weights, int64_t width, int64_t count,
                  float* out) {
  switch (width) {
    case 2:
      return BlendColumnsOf<2>(columns, left, begin, weights, width, count,
                               out);
    case 3:
      return BlendColumnsOf<3>(columns, left, begin, weights, width, count,
                               out);
    case 4:
      return BlendColumnsOf<4>(columns, left, begin, weights, width, count,
                               out);
    case 5:
      return BlendColumnsOf<5>(columns, left, begin, weights, width, count,
                               out);
    case 6:
      return BlendColumnsOf<6>(columns, left, begin, weights, width, count,
                               out);
    default:
      return BlendColumnsOf<0>(columns, left, begin, weights, width, count,
                               out);
  }
}

}  // namespace

void Resample(const Image& image, const ResizeAxis& rows,
              const ResizeAxis& columns, float* out) {
  struct Scratch {
    Taps rows, columns;
    std::vector<float> blended;  // [kGroup, width]: rows done, columns not
    std::vector<float> turned;   // [width, kGroup]
    std::vector<float> made;     // [columns.count, kGroup]
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
  const int64_t padded = (width + 3) / 4 * 4;
  scratch.blended.resize(kGroup * padded);
  scratch.turned.resize(kGroup * padded);
  scratch.made.resize(kGroup * columns.count);

  for (int channel = 0; channel < 3; ++channel) {
    const uint8_t* const source = image.plane(channel) + left;
    for (int64_t top = 0; top < rows.count; top += kGroup) {
      const int64_t count = std::min<int64_t>(kGroup, rows.count - top);
      for (int64_t y = 0; y < count; ++y) {
        BlendRows(
            source + scratch.rows.begin[top + y] * image.width, image.width,
            scratch.rows.weights.data() + (top + y) * scratch.rows.width,
            scratch.rows.width, width, scratch.blended.data() + y * padded);
      }
      RowsToColumns(scratch.blended.data(), padded, scratch.turned.data());
      BlendColumns(scratch.turned.data(), left, begin.data(),
                   scratch.columns.weights.data(), scratch.columns.width,
                   columns.count, scratch.made.data());
      ColumnsToRows(scratch.made.data(), columns.count, count, columns.count,
                    out + (channel * rows.count + top) * columns.count);
    }
  }
}

}  // namespace snclr
