// SPDX-License-Identifier: MIT
// A 64-bit digest of a list of names and numbers, the same in every process and
// build: tells data sets and specs apart, no defence against someone who wants
// two to look alike.
#ifndef SNCLR_CORE_BASE_FINGERPRINT_H_
#define SNCLR_CORE_BASE_FINGERPRINT_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace snclr {

// Order matters, and so do the borders: ("ab", "c") is not ("a", "bc").
class Fingerprint {
 public:
  Fingerprint& Add(uint64_t number) {
    state_ = (state_ ^ number) * 0x9E3779B97F4A7C15;
    state_ ^= state_ >> 32;
    state_ *= 0xD6E8FEB86659FD93;
    state_ ^= state_ >> 29;
    return *this;
  }

  Fingerprint& Add(absl::string_view text) {
    Add(text.size());
    uint64_t word = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      word = word << 8 | static_cast<uint8_t>(text[i]);
      if (i % 8 == 7) Add(word);
    }
    return Add(word);
  }

  // 16 hexadecimal digits.
  std::string Hex() const { return absl::StrFormat("%016x", state_); }

 private:
  uint64_t state_ = 0x736E636C72000001;  // "snclr", version 1
};

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_FINGERPRINT_H_
