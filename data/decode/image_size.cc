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

ImageSize ReducedSize(const ImageSize& size, int reduction) {
  return {(size.height + reduction - 1) / reduction,
          (size.width + reduction - 1) / reduction};
}

Region WholeOf(const ImageSize& size) {
  return {0, 0, size.height, size.width};
}

absl::Status CheckRegion(const Region* part, const ImageSize& size) {
  if (part == nullptr ||
      (part->top >= 0 && part->left >= 0 && part->height > 0 &&
       part->width > 0 && part->top + part->height <= size.height &&
       part->left + part->width <= size.width)) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(
      part->width, "x", part->height, " pixels from (", part->left, ", ",
      part->top, ") are not part of ", size.width, "x", size.height));
}

}  // namespace snclr
