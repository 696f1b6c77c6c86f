// SPDX-License-Identifier: MIT
#include "data/decode/image_format.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace snclr {

bool HasImageExtension(absl::string_view name) {
  return absl::EndsWithIgnoreCase(name, ".jpg") ||
         absl::EndsWithIgnoreCase(name, ".jpeg") ||
         absl::EndsWithIgnoreCase(name, ".png");
}

absl::StatusOr<EncodedImage> AsEncodedImage(std::string bytes) {
  EncodedImage encoded;
  if (absl::StartsWith(bytes, "\xFF\xD8\xFF")) {
    encoded.format = EncodedImage::Format::kJpeg;
  } else if (absl::StartsWith(bytes, "\x89PNG\r\n\x1A\n")) {
    encoded.format = EncodedImage::Format::kPng;
  } else if (bytes.empty()) {
    return absl::DataLossError("the file is empty");
  } else {
    return absl::DataLossError(
        absl::StrCat("neither JPEG nor PNG: starts with \"",
                     absl::CHexEscape(bytes.substr(0, 8)), "\""));
  }
  encoded.bytes = std::move(bytes);
  return encoded;
}

}  // namespace snclr
