// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_BASE_CHECKSUM_TEXT_H_
#define SNCLR_CORE_BASE_CHECKSUM_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/crc/crc32c.h"
#include "absl/strings/str_cat.h"

namespace snclr {

// A CRC-32C as files and the tracker have it: 8 hexadecimal digits.
inline std::string ChecksumText(absl::crc32c_t crc) {
  return absl::StrCat(absl::Hex(static_cast<uint32_t>(crc), absl::kZeroPad8));
}

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_CHECKSUM_TEXT_H_
