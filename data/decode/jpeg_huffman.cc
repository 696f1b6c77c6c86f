// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_huffman.h"

#include <algorithm>

namespace snclr {

JpegBits JpegBits::RefilledByBytes(JpegBits bits) {
  // The bits behind those in view may be there already; they come again.
  bits.bits_ &= bits.count_ == 0 ? 0 : ~uint64_t{0} << (64 - bits.count_);
  while (bits.count_ < 56) {
    const uint8_t* const at = bits.at_;
    const bool is_data =
        at < bits.end_ && (*at != 0xFF || (bits.end_ - at > 1 && at[1] == 0));
    if (is_data) {
      bits.bits_ |= uint64_t{*at} << (56 - bits.count_);
      bits.at_ += *at == 0xFF ? 2 : 1;
    } else {
      bits.behind_ += 8;
    }
    bits.count_ += 8;
  }
  return bits;
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

int JpegCodes::LongSymbol(JpegBits& bits) const {
  const uint32_t look = bits.Look(16);
  for (int length = kLook + 1; length <= 16; ++length) {
    if (look < beyond_[length]) {
      bits.Take(length);
      return symbols_[symbol_of_[length] +
                      static_cast<int32_t>(look >> (16 - length))];
    }
  }
  return -1;
}

}  // namespace snclr
