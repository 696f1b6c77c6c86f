// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_header.h"

#include <algorithm>

namespace snclr {
namespace {

// The bytes of one segment.
class Segment {
 public:
  Segment(const uint8_t* begin, const uint8_t* end) : at_(begin), end_(end) {}

  int64_t left() const { return end_ - at_; }
  const uint8_t* at() const { return at_; }

  // 0 beyond the end, which IsWhole tells.
  int Byte() {
    if (at_ < end_) return *at_++;
    is_whole_ = false;
    return 0;
  }
  int Word() {
    const int high = Byte();
    return high << 8 | Byte();
  }
  void Skip(int64_t bytes) { at_ += bytes; }

  // All of it was read, and no more.
  bool IsWhole() const { return is_whole_ && at_ == end_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
  bool is_whole_ = true;
};

bool ReadQuanta(Segment segment, JpegHeader& header) {
  while (segment.left() > 0) {
    const int which = segment.Byte();
    const bool is_wide = which >> 4 == 1;
    if (which >> 4 > 1 || (which & 15) > 3) return false;
    if (segment.left() < (is_wide ? 128 : 64)) return false;
    uint16_t* const quantum = header.quantum[which & 15];
    for (const uint8_t place : kJpegOrder) {
      quantum[place] = is_wide ? segment.Word() : segment.Byte();
    }
    header.has_quantum[which & 15] = true;
  }
  return segment.IsWhole();
}

bool ReadCodes(Segment segment, JpegHeader& header) {
  while (segment.left() > 0) {
    const int which = segment.Byte();
    if (which >> 4 > 1 || (which & 15) > 3 || segment.left() < 16) {
      return false;
    }
    const uint8_t* const lengths = segment.at();
    segment.Skip(16);
    int count = 0;
    for (int i = 0; i < 16; ++i) count += lengths[i];
    if (count > 256 || segment.left() < count) return false;
    uint8_t symbols[256] = {};
    std::copy(segment.at(), segment.at() + count, symbols);
    segment.Skip(count);
    constexpr int kMostBits = 15;  // of a difference of means
    if (which >> 4 == 0 &&
        *std::max_element(symbols, symbols + 256) > kMostBits) {
      return false;
    }
    JpegCodes& codes =
        (which >> 4 == 0 ? header.dc_codes : header.ac_codes)[which & 15];
    if (!codes.Build(lengths, symbols)) return false;
  }
  return segment.IsWhole();
}

bool ReadFrame(Segment segment, JpegHeader& header) {
  if (header.components > 0 || segment.Byte() != 8) return false;
  header.height = segment.Word();
  header.width = segment.Word();
  const int components = segment.Byte();
  if (header.height < 1 || header.width < 1) return false;
  if (components != 1 && components != 3) return false;
  for (int c = 0; c < components; ++c) {
    JpegComponent& component = header.component[c];
    component.id = segment.Byte();
    const int sampling = segment.Byte();
    component.across = sampling >> 4;
    component.down = sampling & 15;
    component.quantum = segment.Byte();
    if (component.quantum > 3) return false;
    for (int other = 0; other < c; ++other) {
      if (header.component[other].id == component.id) return false;
    }
  }
  header.components = components;
  return segment.IsWhole();
}

bool ReadScan(Segment segment, JpegHeader& header) {
  if (segment.Byte() != header.components || header.components == 0) {
    return false;
  }
  for (int c = 0; c < header.components; ++c) {
    JpegComponent& component = header.component[c];
    if (segment.Byte() != component.id) return false;
    const int codes = segment.Byte();
    component.dc_codes = codes >> 4;
    component.ac_codes = codes & 15;
    if (component.dc_codes > 3 || component.ac_codes > 3 ||
        !header.dc_codes[component.dc_codes].is_built() ||
        !header.ac_codes[component.ac_codes].is_built() ||
        !header.has_quantum[component.quantum]) {
      return false;
    }
  }
  // All coefficients at once, with all their bits.
  const bool is_baseline =
      segment.Byte() == 0 && segment.Byte() == 63 && segment.Byte() == 0;
  return is_baseline && segment.IsWhole();
}

bool ReadRestartInterval(Segment segment, JpegHeader& header) {
  header.restart_interval = segment.Word();
  return segment.IsWhole();
}

}  // namespace

const uint8_t kJpegOrder[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

bool ReadBaselineHeader(const std::string& bytes, JpegHeader& header) {
  header.components = 0;
  header.restart_interval = 0;
  std::fill(header.has_quantum, header.has_quantum + 4, false);
  for (int i = 0; i < 4; ++i) {
    header.dc_codes[i].Clear();
    header.ac_codes[i].Clear();
  }
  const auto* at = reinterpret_cast<const uint8_t*>(bytes.data());
  const uint8_t* const end = at + bytes.size();
  if (end - at < 2 || at[0] != 0xFF || at[1] != 0xD8) return false;
  at += 2;
  while (end - at >= 4 && at[0] == 0xFF) {
    const int marker = at[1];
    const int64_t length = at[2] << 8 | at[3];
    if (length < 2 || length > end - at - 2) return false;
    const Segment segment(at + 4, at + 2 + length);
    at += 2 + length;
    bool is_good = true;
    switch (marker) {
      case 0xC0:  // baseline
      case 0xC1:  // extended, which differs in what is refused here
        is_good = ReadFrame(segment, header);
        break;
      case 0xC4:
        is_good = ReadCodes(segment, header);
        break;
      case 0xDA:
        header.data = at;
        return ReadScan(segment, header);
      case 0xDB:
        is_good = ReadQuanta(segment, header);
        break;
      case 0xDD:
        is_good = ReadRestartInterval(segment, header);
        break;
      default:  // remarks of programs; anything else is another kind of file
        is_good = (marker >= 0xE0 && marker <= 0xEF) || marker == 0xFE;
    }
    if (!is_good) return false;
  }
  return false;
}

}  // namespace snclr
