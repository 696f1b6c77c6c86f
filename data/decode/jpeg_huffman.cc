// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_huffman.h"

#include <algorithm>

namespace snclr {

void JpegBits::RefillByBytes() {
  // The bits behind those in view may be there already; they come again.
  bits_ &= count_ == 0 ? 0 : ~uint64_t{0} << (64 - count_);
  while (count_ < 56) {
    const bool is_data =
        at_ < end_ && (*at_ != 0xFF || (end_ - at_ > 1 && at_[1] == 0));
    if (is_data) {
      bits_ |= uint64_t{*at_} << (56 - count_);
      at_ += *at_ == 0xFF ? 2 : 1;
    } else {
      behind_ += 8;
    }
    count_ += 8;
  }
}

bool JpegCodes::Build(const uint8_t* lengths, const uint8_t* symbols) {
  std::copy(symbols, symbols + 256, symbols_);
  std::fill(codes_, codes_ + (1 << kLook), Code{0, 0});
  uint32_t code = 0;
  int first = 0;
  for (int length = 1; length <= 16; ++length) {
    const int count = lengths[length - 1];
    // No code is all ones.
    if (first + count > 256) return false;
    if (count > 0 && code + count >= (1u << length)) return false;
    symbol_of_[length] = first - static_cast<int32_t>(code);
    for (int i = 0; i < count && length <= kLook; ++i) {
      std::fill_n(codes_ + ((code + i) << (kLook - length)),
                  1 << (kLook - length),
                  Code{symbols[first + i], static_cast<uint8_t>(length)});
    }
    code += count;
    first += count;
    beyond_[length] = code << (16 - length);
    code <<= 1;
  }
  FillSteps();
  is_built_ = true;
  return true;
}

void JpegCodes::FillSteps() {
  for (int look = 0; look < 1 << kLook; ++look) {
    Step& step = steps_[look];
    step = {0, 0, 0};
    const Code code = codes_[look];
    const int run = code.symbol >> 4;
    const int size = code.symbol & 15;
    if (code.length == 0) continue;
    if (size == 0) {
      // Sixteen zeros (run 15) are left to the slow way.
      if (run == 0) step = {0, kEndOfBlock, code.length};
      continue;
    }
    const int total = code.length + size;
    if (total > kLook) continue;
    const int value = look >> (kLook - total) & ((1 << size) - 1);
    step = {static_cast<int16_t>(JpegValue(value, size)),
            static_cast<uint8_t>(run), static_cast<uint8_t>(total)};
  }
}

JpegCodes::Code JpegCodes::LongCode(uint32_t look) const {
  for (int length = kLook + 1; length <= 16; ++length) {
    if (look < beyond_[length]) {
      const int32_t code = static_cast<int32_t>(look >> (16 - length));
      return {symbols_[symbol_of_[length] + code],
              static_cast<uint8_t>(length)};
    }
  }
  return {0, 0};
}

}  // namespace snclr
