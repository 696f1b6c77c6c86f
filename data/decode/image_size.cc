// SPDX-License-Identifier: MIT
#include "data/decode/image_size.h"

#include "absl/strings/str_cat.h"

namespace snclr {

absl::StatusOr<ImageSize> CheckedSize(int64_t height, int64_t width) {
  if (height < 1 || width < 1 || height > kMaxImagePixels / width) {
    return absl::DataLossError(absl::StrCat(
        "the header says ", width, "x", height, " pixels, which no image has"));
  }
  return ImageSize{height, width};
}

}  // namespace snclr
