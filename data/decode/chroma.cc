// SPDX-License-Identifier: MIT
#include "data/decode/chroma.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "data/decode/interleaved.h"
#include "data/views/simd.h"

namespace snclr {
namespace {

// ITU-R BT.601 as JFIF has it, in 16 bits of fraction.
constexpr int kFraction = 16;
constexpr int kHalf = 1 << (kFraction - 1);
constexpr int kRedOfCr = 91881;     // 1.402
constexpr int kGreenOfCb = -22554;  // -0.34414
constexpr int kGreenOfCr = -46802;  // -0.71414
constexpr int kBlueOfCb = 116130;   // 1.772

inline uint8_t Byte(int value) {
  const int positive = value > 0 ? value : 0;
  return static_cast<uint8_t>(positive < 255 ? positive : 255);
}

SNCLR_PIXEL_LOOP
void ConvertRow(const uint8_t* __restrict y, const uint8_t* __restrict cb,
                const uint8_t* __restrict cr, int64_t width,
                uint8_t* __restrict red, uint8_t* __restrict green,
                uint8_t* __restrict blue) {
  for (int64_t x = 0; x < width; ++x) {
    const int luma = y[x];
    const int b = cb[x] - 128;
    const int r = cr[x] - 128;
    red[x] = Byte(luma + ((kRedOfCr * r + kHalf) >> kFraction));
    green[x] =
        Byte(luma + ((kGreenOfCb * b + kGreenOfCr * r + kHalf) >> kFraction));
    blue[x] = Byte(luma + ((kBlueOfCb * b + kHalf) >> kFraction));
  }
}

// 3 near + far, sixteenths of a pixel's value once both axes are done.
SNCLR_PIXEL_LOOP
void BlendTwoRows(const uint8_t* __restrict near, const uint8_t* __restrict far,
                  int64_t count, uint16_t* __restrict sums) {
  for (int64_t i = 0; i < count; ++i) {
    sums[i] = static_cast<uint16_t>(3 * near[i] + far[i]);
  }
}

SNCLR_PIXEL_LOOP
void CopyRow(const uint8_t* __restrict row, int64_t count,
             uint16_t* __restrict sums) {
  for (int64_t i = 0; i < count; ++i) sums[i] = row[i];
}

// Doubles `count` values: each gives one pixel towards its left neighbour and
// one towards its right. values[-1] and values[count] are read.
// kShift: 2 for values, 4 for sums of BlendTwoRows; the rounding alternates as
// libjpeg's does.
template <int kShift>
inline void DoubleRow(const uint16_t* __restrict values, int64_t count,
                      uint8_t* __restrict out) {
  constexpr int kLeft = kShift == 2 ? 1 : 8;
  constexpr int kRight = kShift == 2 ? 2 : 7;
  for (int64_t i = 0; i < count; ++i) {
    const int middle = 3 * values[i];
    out[2 * i] =
        static_cast<uint8_t>((middle + values[i - 1] + kLeft) >> kShift);
    out[2 * i + 1] =
        static_cast<uint8_t>((middle + values[i + 1] + kRight) >> kShift);
  }
}

SNCLR_PIXEL_LOOP
void DoubleValues(const uint16_t* values, int64_t count, uint8_t* out) {
  DoubleRow<2>(values, count, out);
}

SNCLR_PIXEL_LOOP
void DoubleSums(const uint16_t* values, int64_t count, uint8_t* out) {
  DoubleRow<4>(values, count, out);
}

// One row of one chroma plane at luma's resolution.
class ChromaRow {
 public:
  // Of columns [left, left + width) of the picture; valid until the next call.
  const uint8_t* At(const JpegPlanes& planes, int component, int64_t y,
                    int64_t left, int64_t width) {
    const uint8_t* plane = planes.plane[component];
    const int64_t stride = planes.stride[component];
    if (planes.columns_per_chroma == 1) return plane + y * stride + left;

    const int64_t columns = (planes.width + 1) / 2;
    const int64_t first = left / 2;
    const int64_t end = (left + width + 1) / 2;  // first <= x < end
    // With a neighbour on either side; beyond the border lies the border.
    const int64_t from = std::max<int64_t>(first - 1, 0);
    const int64_t to = std::min(end + 1, columns);
    sums_.resize(end - first + 2);
    out_.resize(2 * (end - first));
    uint16_t* sums = sums_.data() + 1;  // of column `first`
    if (planes.rows_per_chroma == 1) {
      CopyRow(plane + y * stride + from, to - from, sums + from - first);
    } else {
      const int64_t rows = (planes.height + 1) / 2;
      const int64_t near = y / 2;
      const int64_t far =
          std::clamp<int64_t>(near + (y % 2 == 0 ? -1 : 1), 0, rows - 1);
      BlendTwoRows(plane + near * stride + from, plane + far * stride + from,
                   to - from, sums + from - first);
    }
    if (from == first) sums[-1] = sums[0];
    if (to == end) sums[end - first] = sums[end - first - 1];
    if (planes.rows_per_chroma == 1) {
      DoubleValues(sums, end - first, out_.data());
    } else {
      DoubleSums(sums, end - first, out_.data());
    }
    return out_.data() + left % 2;
  }

 private:
  std::vector<uint16_t> sums_;
  std::vector<uint8_t> out_;
};

}  // namespace

bool CanConvert(int rows_per_chroma, int columns_per_chroma, int64_t width) {
  if (columns_per_chroma == 1) return rows_per_chroma == 1;
  // libjpeg interpolates across only where chroma has more than two columns.
  return columns_per_chroma == 2 && rows_per_chroma <= 2 && width > 4;
}

void ToRgb(const JpegPlanes& planes, const Region& region, Image& image) {
  static thread_local ChromaRow chroma[2];
  Resize(image, region.height, region.width);
  for (int64_t row = 0; row < region.height; ++row) {
    const int64_t y = region.top + row;
    const uint8_t* luma = planes.plane[0] + y * planes.stride[0] + region.left;
    uint8_t* out[3];
    for (int c = 0; c < 3; ++c) out[c] = image.plane(c) + row * region.width;
    if (planes.components == 1) {
      for (uint8_t* to : out) std::memcpy(to, luma, region.width);
      continue;
    }
    const uint8_t* cb = chroma[0].At(planes, 1, y, region.left, region.width);
    const uint8_t* cr = chroma[1].At(planes, 2, y, region.left, region.width);
    ConvertRow(luma, cb, cr, region.width, out[0], out[1], out[2]);
  }
}

}  // namespace snclr
