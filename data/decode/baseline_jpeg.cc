// SPDX-License-Identifier: MIT
#include "data/decode/baseline_jpeg.h"

#include <algorithm>
#include <cstring>

#include "data/decode/jpeg_header.h"
#include "data/decode/jpeg_huffman.h"
#include "data/decode/jpeg_idct.h"
#include "data/views/simd.h"

namespace snclr {
namespace {

constexpr int kBlock = 8;  // pixels along a side
constexpr int kMostSizeOfMean = 11;

// Positions of blocks or pixels along one axis, [first, last].
struct Span {
  int64_t first = 0;
  int64_t last = 0;
  bool Has(int64_t i) const { return i >= first && i <= last; }
};

// One component in the making.
struct Plane {
  int across = 1, down = 1;  // its blocks in a unit
  Span rows, columns;        // the blocks that are needed
  uint8_t* pixels = nullptr;
  int64_t stride = 0;
  const uint16_t* quantum = nullptr;
  const JpegCodes* dc = nullptr;
  const JpegCodes* ac = nullptr;
  int mean = 0;  // of the block before: the first coefficient is a difference
};

// Of [first, first + count) pixels of the picture, which blocks of a plane with
// a pixel for each `step` of them, and its neighbours where these are blended.
Span Needed(int64_t first, int64_t count, int step, int64_t size) {
  const int64_t pixels = (size + step - 1) / step;
  const int64_t around = step > 1 ? 1 : 0;
  const int64_t from = std::max<int64_t>(first / step - around, 0);
  const int64_t to = std::min((first + count - 1) / step + around, pixels - 1);
  return {from / kBlock, to / kBlock};
}

// Reads a block's coefficients into `block`, which is zero. Returns the place,
// in the file's order, of the last one; -1 where something is wrong.
inline int ReadBlock(JpegBits& shared_bits, Plane& plane, int16_t* block) {
  JpegBits bits = shared_bits;
  bits.RefillIfBelow(32);
  const int size_of_mean = plane.dc->Symbol(bits);
  if (size_of_mean < 0 || size_of_mean > kMostSizeOfMean) return -1;
  if (size_of_mean > 0) {
    plane.mean += JpegValue(bits.Look(size_of_mean), size_of_mean);
    bits.Take(size_of_mean);
    if (plane.mean != static_cast<int16_t>(plane.mean)) return -1;
  }
  block[0] = static_cast<int16_t>(plane.mean);
  const JpegCodes& codes = *plane.ac;
  int last = 0;
  int k = 1;
  while (k < kBlock * kBlock) {
    bits.RefillIfBelow(32);
    JpegCodes::Step step = codes.Look(bits);
    int value = step.value;
    if (step.length > 0) {
      bits.Take(step.length);
      if (step.run == JpegCodes::kEndOfBlock) break;
    } else {
      const int symbol = codes.Symbol(bits);
      if (symbol < 0) return -1;
      const int size = symbol & 15;
      step.run = symbol >> 4;
      if (size == 0) {
        if (step.run == 0) break;
        if (step.run != 15) return -1;
        k += 16;
        continue;
      }
      value = JpegValue(bits.Look(size), size);
      bits.Take(size);
    }
    k += step.run;
    if (k >= kBlock * kBlock) return -1;
    block[kJpegOrder[k]] = static_cast<int16_t>(value);
    last = k++;
  }
  shared_bits = bits;
  return last;
}

// The blocks of one plane in one unit.
inline bool ReadUnit(JpegBits& bits, int64_t unit_row, int64_t unit_column,
                     Plane& plane) {
  for (int v = 0; v < plane.down; ++v) {
    const int64_t row = unit_row * plane.down + v;
    for (int h = 0; h < plane.across; ++h) {
      const int64_t column = unit_column * plane.across + h;
      alignas(64) int16_t block[kBlock * kBlock];
      const bool is_needed = plane.rows.Has(row) && plane.columns.Has(column);
      if (is_needed) std::memset(block, 0, sizeof(block));
      const int last = ReadBlock(bits, plane, block);
      if (last < 0) return false;
      if (!is_needed) continue;
      uint8_t* const out =
          plane.pixels + (row * plane.stride + column) * kBlock;
      if (last == 0) {
        InverseDctOfMean(block[0], plane.quantum[0], out, plane.stride);
      } else {
        InverseDct(block, plane.quantum, out, plane.stride);
      }
    }
  }
  return true;
}

// Whether a marker stands at `at`, and is this one.
bool IsMarker(const uint8_t* at, const uint8_t* end, int marker) {
  return end - at >= 2 && at[0] == 0xFF && at[1] == marker;
}

// All units, up to the mark that ends the file. Compiled for each generation of
// processors as a whole, since shifting by a variable is what it mostly does.
SNCLR_PIXEL_LOOP __attribute__((flatten)) bool ReadUnits(
    const JpegHeader& header, const uint8_t* end, int64_t unit_rows,
    int64_t unit_columns, Plane* planes) {
  constexpr int kEndOfFile = 0xD9;
  constexpr int kRestart = 0xD0;  // and the seven after it, in turn
  JpegBits bits(header.data, end);
  int64_t until_restart =
      header.restart_interval > 0 ? header.restart_interval : INT64_MAX;
  int restarts = 0;
  for (int64_t row = 0; row < unit_rows; ++row) {
    for (int64_t column = 0; column < unit_columns; ++column) {
      if (until_restart-- == 0) {
        if (!bits.Align() ||
            !IsMarker(bits.at(), end, kRestart + restarts++ % 8)) {
          return false;
        }
        bits.MoveTo(bits.at() + 2);
        for (int c = 0; c < header.components; ++c) planes[c].mean = 0;
        until_restart = header.restart_interval - 1;
      }
      for (int c = 0; c < header.components; ++c) {
        if (!ReadUnit(bits, row, column, planes[c])) return false;
      }
    }
    if (bits.IsPast()) return false;
  }
  return bits.Align() && IsMarker(bits.at(), end, kEndOfFile);
}

}  // namespace

bool DecodeBaselineJpeg(const std::string& bytes, const Region& region,
                        std::vector<uint8_t>& memory, JpegPlanes& planes) {
  static thread_local JpegHeader header;
  if (!ReadBaselineHeader(bytes, header)) return false;
  // Chroma of one block a unit; luma of as many as there are pixels to one of
  // chroma.
  int across = 1, down = 1;
  if (header.components == 3) {
    across = header.component[0].across;
    down = header.component[0].down;
    for (int c = 1; c < 3; ++c) {
      const JpegComponent& chroma = header.component[c];
      if (chroma.across != 1 || chroma.down != 1) return false;
    }
    if (!CanConvert(down, across, header.width)) return false;
  }
  planes.height = header.height;
  planes.width = header.width;
  planes.components = header.components;
  planes.rows_per_chroma = down;
  planes.columns_per_chroma = across;

  const int64_t unit_rows =
      (header.height + down * kBlock - 1) / (down * kBlock);
  const int64_t unit_columns =
      (header.width + across * kBlock - 1) / (across * kBlock);
  Plane making[3];
  int64_t total = 0;
  for (int c = 0; c < header.components; ++c) {
    Plane& plane = making[c];
    const JpegComponent& component = header.component[c];
    plane.across = c == 0 ? across : 1;
    plane.down = c == 0 ? down : 1;
    plane.rows =
        Needed(region.top, region.height, down / plane.down, header.height);
    plane.columns =
        Needed(region.left, region.width, across / plane.across, header.width);
    plane.stride = unit_columns * plane.across * kBlock;
    plane.quantum = header.quantum[component.quantum];
    plane.dc = &header.dc_codes[component.dc_codes];
    plane.ac = &header.ac_codes[component.ac_codes];
    total += plane.stride * unit_rows * plane.down * kBlock;
  }
  if (static_cast<int64_t>(memory.size()) < total) memory.resize(total);
  uint8_t* next = memory.data();
  for (int c = 0; c < header.components; ++c) {
    Plane& plane = making[c];
    planes.plane[c] = plane.pixels = next;
    planes.stride[c] = plane.stride;
    next += plane.stride * unit_rows * plane.down * kBlock;
  }
  const auto* const end =
      reinterpret_cast<const uint8_t*>(bytes.data()) + bytes.size();
  return ReadUnits(header, end, unit_rows, unit_columns, making);
}

}  // namespace snclr
