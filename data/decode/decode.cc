// SPDX-License-Identifier: MIT
#include "data/decode/decode.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "data/decode/image_size.h"
#include "data/decode/jpeg_decode.h"
#include "data/decode/png_decode.h"

namespace snclr {
namespace {

absl::Status DecodePlanar(const EncodedImage& encoded, Image& image) {
  const absl::StatusOr<ImageSize> size =
      CheckedSize(encoded.height, encoded.width);
  if (!size.ok()) return size.status();
  const int64_t wanted = 3 * encoded.height * encoded.width;
  if (static_cast<int64_t>(encoded.bytes.size()) != wanted) {
    return absl::DataLossError(absl::StrCat(
        encoded.bytes.size(), " bytes of pixels where ", encoded.height, "x",
        encoded.width, " RGB needs ", wanted));
  }
  image.height = encoded.height;
  image.width = encoded.width;
  image.pixels.assign(encoded.bytes.begin(), encoded.bytes.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImageSize> ReadSize(const EncodedImage& encoded) {
  switch (encoded.format) {
    case EncodedImage::Format::kJpeg:
      return ReadJpegSize(encoded.bytes);
    case EncodedImage::Format::kPng:
      return ReadPngSize(encoded.bytes);
    case EncodedImage::Format::kPlanarRgb:
      return CheckedSize(encoded.height, encoded.width);
  }
  return absl::InternalError("an image of no known format");
}

absl::Status DecodeImage(const EncodedImage& encoded, int reduction,
                         Image& image) {
  switch (encoded.format) {
    case EncodedImage::Format::kJpeg:
      return DecodeJpeg(encoded.bytes, reduction, image);
    case EncodedImage::Format::kPng:
      return DecodePng(encoded.bytes, image);
    case EncodedImage::Format::kPlanarRgb:
      return DecodePlanar(encoded, image);
  }
  return absl::InternalError("an image of no known format");
}

int ReductionFor(int64_t crop_height, int64_t crop_width, int64_t side_px) {
  const int64_t shorter = std::min(crop_height, crop_width);
  int reduction = 1;
  while (reduction < 8 && shorter >= side_px * reduction * 2) reduction *= 2;
  return reduction;
}

}  // namespace snclr
