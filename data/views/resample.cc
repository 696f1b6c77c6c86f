// SPDX-License-Identifier: MIT
#include "data/views/resample.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "data/views/simd.h"
#include "data/views/taps.h"

namespace snclr {
namespace {

// Output rows that are made together: across, all of them have the same
// weights, so one vector holds a pixel of each.
constexpr int kGroup = 16;

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

// A square of values, turned. Its rows are vectors that are variables and no
// arguments: how those are passed depends on the processor.
constexpr int kSquare = 8;
using Eight = float __attribute__((vector_size(32)));

// kSquare x kSquare values, rows `from_step` and `to_step` apart.
inline __attribute__((always_inline)) void Turn(const float* from,
                                                int64_t from_step, float* to,
                                                int64_t to_step) {
  Eight rows[kSquare];
  for (int i = 0; i < kSquare; ++i) {
    std::memcpy(&rows[i], from + i * from_step, sizeof(Eight));
  }
  // Pairs and fours within halves of a register, then the halves.
  Eight pairs[kSquare], fours[kSquare];
  for (int i = 0; i < kSquare; i += 2) {
    pairs[i] =
        __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11,
                                           6, 14, 7, 15);
  }
  for (int i = 0; i < kSquare; i += 4) {
    for (int j = 0; j < 2; ++j) {
      fours[i + 2 * j] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2],
                                                 0, 1, 8, 9, 4, 5, 12, 13);
      fours[i + 2 * j + 1] = __builtin_shufflevector(
          pairs[i + j], pairs[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < kSquare / 2; ++i) {
    const Eight low = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2,
                                              3, 8, 9, 10, 11);
    const Eight high = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6,
                                               7, 12, 13, 14, 15);
    std::memcpy(to + i * to_step, &low, sizeof(low));
    std::memcpy(to + (i + 4) * to_step, &high, sizeof(high));
  }
}

// rows [kGroup, width] -> columns [width, kGroup]; width is a multiple of
// kSquare.
SNCLR_PIXEL_LOOP
void RowsToColumns(const float* rows, int64_t width, float* columns) {
  for (int64_t x = 0; x < width; x += kSquare) {
    for (int row = 0; row < kGroup; row += kSquare) {
      Turn(rows + row * width + x, width, columns + x * kGroup + row, kGroup);
    }
  }
}

// columns [width, kGroup] -> the first `count` rows, `stride` apart.
SNCLR_PIXEL_LOOP
void ColumnsToRows(const float* columns, int64_t width, int64_t count,
                   int64_t stride, float* rows) {
  int64_t row = 0;
  for (; row + kSquare <= count; row += kSquare) {
    int64_t x = 0;
    for (; x + kSquare <= width; x += kSquare) {
      Turn(columns + x * kGroup + row, kGroup, rows + row * stride + x, stride);
    }
    for (; x < width; ++x) {
      for (int i = 0; i < kSquare; ++i) {
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
  const int64_t padded = (width + kSquare - 1) / kSquare * kSquare;
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
