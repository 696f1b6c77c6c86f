// SPDX-License-Identifier: MIT
// What kind of image file this is.
#ifndef DATA_DECODE_IMAGE_FORMAT_H_
#define DATA_DECODE_IMAGE_FORMAT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "data/image.h"

namespace snclr {

// Whether a file of this name counts as an image: .jpg, .jpeg or .png in any
// case.
bool HasImageExtension(absl::string_view name);

// The format by the first bytes, whatever the name says: ImageNet has a PNG
// named .JPEG. DataLoss, saying what was found, for anything else.
absl::StatusOr<EncodedImage> AsEncodedImage(std::string bytes);

}  // namespace snclr

#endif  // DATA_DECODE_IMAGE_FORMAT_H_
