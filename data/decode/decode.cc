// SPDX-License-Identifier: MIT
#include "data/decode/decode.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "data/decode/image_size.h"
#include "data/decode/interleaved.h"
#include "data/decode/jpeg_decode.h"
#include "data/decode/png_decode.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

absl::Status DecodePlanar(const EncodedImage& encoded, const Region* part,
                          Image& image) {
  ASSIGN_OR_RETURN(const ImageSize size,
                   CheckedSize(encoded.height, encoded.width));
  const int64_t pixels = size.height * size.width;
  if (static_cast<int64_t>(encoded.bytes.size()) != 3 * pixels) {
    return absl::DataLossError(absl::StrCat(
        encoded.bytes.size(), " bytes of pixels where ", encoded.height, "x",
        encoded.width, " RGB needs ", 3 * pixels));
  }
  RETURN_IF_ERROR(CheckRegion(part, size));
  const Region region = part != nullptr ? *part : WholeOf(size);
  Resize(image, region.height, region.width);
  for (int channel = 0; channel < 3; ++channel) {
    const char* from = encoded.bytes.data() + channel * pixels +
                       region.top * size.width + region.left;
    uint8_t* to = image.plane(channel);
    for (int64_t y = 0; y < region.height; ++y) {
      std::memcpy(to + y * region.width, from + y * size.width, region.width);
    }
  }
  return absl::OkStatus();
}

absl::Status Decode(const EncodedImage& encoded, int reduction,
                    const Region* part, Image& image) {
  switch (encoded.format) {
    case EncodedImage::Format::kJpeg:
      return DecodeJpeg(encoded.bytes, reduction, part, image);
    case EncodedImage::Format::kPng:
      return DecodePng(encoded.bytes, part, image);
    case EncodedImage::Format::kPlanarRgb:
      return DecodePlanar(encoded, part, image);
  }
  return absl::InternalError("an image of no known format");
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
  return Decode(encoded, reduction, /*part=*/nullptr, image);
}

absl::Status DecodeRegion(const EncodedImage& encoded, int reduction,
                          const Region& part, Image& image) {
  return Decode(encoded, reduction, &part, image);
}

int ReductionFor(int64_t crop_height, int64_t crop_width, int64_t side_px) {
  const int64_t shorter = std::min(crop_height, crop_width);
  int reduction = 1;
  while (reduction < 8 && shorter >= side_px * reduction * 2) reduction *= 2;
  return reduction;
}

}  // namespace snclr
