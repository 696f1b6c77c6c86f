// SPDX-License-Identifier: MIT
// Which sizes a header may claim.
#ifndef DATA_DECODE_IMAGE_SIZE_H_
#define DATA_DECODE_IMAGE_SIZE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/image.h"

namespace snclr {

// An image with more pixels than this is refused: a few damaged bytes of a
// header must not take the machine's memory.
constexpr int64_t kMaxImagePixels = int64_t{1} << 28;

// DataLoss for a size that no image has.
absl::StatusOr<ImageSize> CheckedSize(int64_t height, int64_t width);

// The size at which an image is decoded with this reduction.
ImageSize ReducedSize(const ImageSize& size, int reduction);

Region WholeOf(const ImageSize& size);

// Internal where `part` (null: all) is empty or leaves the image.
absl::Status CheckRegion(const Region* part, const ImageSize& size);

}  // namespace snclr

#endif  // DATA_DECODE_IMAGE_SIZE_H_
