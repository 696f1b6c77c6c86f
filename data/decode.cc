// SPDX-License-Identifier: MIT
#include "data/decode.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "data/jpeg_decode.h"
#include "data/png_decode.h"

namespace snclr {
namespace {

absl::StatusOr<ImageSize> UncheckedSize(const EncodedImage& encoded) {
  switch (encoded.format) {
    case EncodedImage::Format::kJpeg:
      return ReadJpegSize(encoded.bytes);
    case EncodedImage::Format::kPng:
      return ReadPngSize(encoded.bytes);
    case EncodedImage::Format::kPlanarRgb:
      return ImageSize{encoded.height, encoded.width};
  }
  return absl::InternalError("an image of no known format");
}

absl::Status DecodePlanar(const EncodedImage& encoded, Image& image) {
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
  absl::StatusOr<ImageSize> size = UncheckedSize(encoded);
  if (!size.ok()) return size;
  if (size->height < 1 || size->width < 1 ||
      size->height > kMaxImagePixels / size->width) {
    return absl::DataLossError(absl::StrCat("the header says ", size->width,
                                            "x", size->height,
                                            " pixels, which no image has"));
  }
  return size;
}

absl::Status DecodeImage(const EncodedImage& encoded, int reduction,
                         Image& image) {
  const absl::StatusOr<ImageSize> size = ReadSize(encoded);
  if (!size.ok()) return size.status();
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
