// SPDX-License-Identifier: MIT
// JPEG by libjpeg-turbo, from memory. Callers use data/decode.h.
#ifndef DATA_DECODE_JPEG_DECODE_H_
#define DATA_DECODE_JPEG_DECODE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/image.h"

namespace snclr {

absl::StatusOr<ImageSize> ReadJpegSize(const std::string& bytes);

// `reduction` 1, 2, 4 or 8. Baseline and progressive; grayscale, YCbCr, RGB,
// CMYK and YCCK. The accurate integer DCT, so that pixels are PIL's. `part` as
// DecodeRegion has it; null: all.
absl::Status DecodeJpeg(const std::string& bytes, int reduction,
                        const Region* part, Image& image);

}  // namespace snclr

#endif  // DATA_DECODE_JPEG_DECODE_H_
