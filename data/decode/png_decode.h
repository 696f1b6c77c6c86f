// SPDX-License-Identifier: MIT
// PNG by libpng, from memory. Callers use data/decode.h.
#ifndef DATA_DECODE_PNG_DECODE_H_
#define DATA_DECODE_PNG_DECODE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/image.h"

namespace snclr {

absl::StatusOr<ImageSize> ReadPngSize(const std::string& bytes);

// Every colour type and bit depth, interlaced or not. Checksums are checked to
// the end of the file. `part` as DecodeRegion has it; null: all.
absl::Status DecodePng(const std::string& bytes, const Region* part,
                       Image& image);

}  // namespace snclr

#endif  // DATA_DECODE_PNG_DECODE_H_
