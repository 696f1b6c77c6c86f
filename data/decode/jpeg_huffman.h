// SPDX-License-Identifier: MIT
// Reading JPEG's entropy-coded data: bits, and the codes in them (ITU-T T.81,
// annexes C and F). Nothing here repairs damage: whoever meets something that a
// whole file does not have gives up.
#ifndef DATA_DECODE_JPEG_HUFFMAN_H_
#define DATA_DECODE_JPEG_HUFFMAN_H_

#include <cstdint>
#include <cstring>

namespace snclr {

// The bits between two markers, without the zeros that follow a byte of ones.
class JpegBits {
 public:
  JpegBits(const uint8_t* begin, const uint8_t* end) : at_(begin), end_(end) {}

  // At least 56 bits are in view afterwards; behind the last ones come zeros,
  // and IsPast tells when one of those was taken.
  void Refill() {
    uint64_t next;
    if (end_ - at_ >= 8) {
      std::memcpy(&next, at_, sizeof(next));
      next = __builtin_bswap64(next);
      // No byte is 255: none of them begins a marker or hides a zero.
      if (((next & ~(next + kOnes)) & kHighBits) == 0) {
        bits_ |= next >> count_;
        at_ += (63 - count_) >> 3;
        count_ |= 56;
        return;
      }
    }
    // A copy, so that the reader itself can stay in registers.
    JpegBits slow(at_, end_);
    slow.bits_ = bits_;
    slow.count_ = count_;
    slow.behind_ = behind_;
    slow.RefillByBytes();
    at_ = slow.at_;
    bits_ = slow.bits_;
    count_ = slow.count_;
    behind_ = slow.behind_;
  }

  void RefillIfBelow(int count) {
    if (count_ < count) Refill();
  }

  // The next `count` bits, in [1, 32].
  uint32_t Look(int count) const {
    return static_cast<uint32_t>(bits_ >> (64 - count));
  }

  void Take(int count) {
    bits_ <<= count;
    count_ -= count;
  }

  // Whether more was taken than there is before the marker.
  bool IsPast() const { return count_ < behind_; }

  // What is left of the last byte is thrown away; at() is then where a marker
  // must stand. False where whole bytes are left, or too much was taken.
  bool Align() {
    const int left = count_ - behind_;
    bits_ = 0;
    count_ = behind_ = 0;
    return left >= 0 && left < 8;
  }

  const uint8_t* at() const { return at_; }
  void MoveTo(const uint8_t* at) { at_ = at; }

 private:
  static constexpr uint64_t kOnes = 0x0101010101010101;
  static constexpr uint64_t kHighBits = 0x8080808080808080;

  void RefillByBytes();

  const uint8_t* at_;
  const uint8_t* end_;
  uint64_t bits_ = 0;  // the next bit is the highest
  int count_ = 0;      // how many of them are in view
  int behind_ = 0;     // how many of these are zeros behind the end
};

// One table of codes.
class JpegCodes {
 public:
  // `lengths`: how many codes have 1 to 16 bits; `symbols`: 256 places, those
  // of the codes in order first. False where they are no prefix code.
  bool Build(const uint8_t* lengths, const uint8_t* symbols);

  void Clear() { is_built_ = false; }
  bool is_built() const { return is_built_; }

  // The next symbol, -1 for bits that are no code. Needs 16 bits in view.
  int Symbol(JpegBits& bits) const {
    Code code = codes_[bits.Look(kLook)];
    if (code.length == 0) {
      code = LongCode(bits.Look(16));
      if (code.length == 0) return -1;
    }
    bits.Take(code.length);
    return code.symbol;
  }

  // What a block's coefficients are made of: `run` zeros, then `value`. Filled
  // in where code and value are within kLook bits; `length` is 0 elsewhere.
  struct Step {
    int16_t value;
    uint8_t run;  // kEndOfBlock: no more
    uint8_t length;
  };
  static constexpr int kEndOfBlock = 64;
  Step Look(const JpegBits& bits) const { return steps_[bits.Look(kLook)]; }

 private:
  static constexpr int kLook = 10;
  struct Code {
    uint8_t symbol;
    uint8_t length;  // 0: longer than kLook bits, or no code
  };

  // Of more than kLook bits, at the front of 16.
  Code LongCode(uint32_t look) const;
  void FillSteps();

  bool is_built_ = false;
  Code codes_[1 << kLook];
  Step steps_[1 << kLook];
  // Of codes of each length: the first one beyond, shifted up to 16 bits, and
  // what to add to a code to find its symbol.
  uint32_t beyond_[17];
  int32_t symbol_of_[17];
  uint8_t symbols_[256];
};

// A value of `size` bits, in [1, 15], as it stands in the data: those that
// begin with 0 are negative.
inline int JpegValue(uint32_t bits, int size) {
  const int value = static_cast<int>(bits);
  return value < (1 << (size - 1)) ? value - (1 << size) + 1 : value;
}

}  // namespace snclr

#endif  // DATA_DECODE_JPEG_HUFFMAN_H_
