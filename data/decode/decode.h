// SPDX-License-Identifier: MIT
// From an image as a source gives it to pixels.
//
// What a picture is here agrees with PIL's convert("RGB"), on which the
// published recipes run: grayscale and palettes become RGB, CMYK is read by
// Adobe's convention (samples inverted), alpha is dropped without blending, 16
// bits keep their upper 8, colour profiles, gamma and EXIF orientation are
// ignored.
#ifndef DATA_DECODE_DECODE_H_
#define DATA_DECODE_DECODE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/image.h"

namespace snclr {

// The full size, from the header alone. DataLoss with the reason.
absl::StatusOr<ImageSize> ReadSize(const EncodedImage& encoded);

// Decodes into `image`, whose memory is reused. DataLoss with the reason where
// anything is damaged or missing, be it one byte of the end: half an image with
// a grey rest is not trained on. (A JPEG with stray bytes before its end mark
// is whole, and decoded.)
//
// `reduction` is 1, 2, 4 or 8: a JPEG is decoded at 1/reduction of its size
// (rounded up), several times faster; other formats ignore it. Each result
// pixel is about the mean of its block, so resizing it further gives nearly,
// not exactly, what resizing the full image gives (ReductionFor).
//
// Thread-safe; decoders and scratch memory are kept per thread.
absl::Status DecodeImage(const EncodedImage& encoded, int reduction,
                         Image& image);

// Decodes a part alone: exactly those pixels that DecodeImage would put there,
// `part` being of the reduced image. What lies outside is not turned into
// pixels, and what lies below is not even decoded where the file allows it:
// damage there goes unnoticed, unless the file has no end. Internal where the
// part leaves the image.
absl::Status DecodeRegion(const EncodedImage& encoded, int reduction,
                          const Region& part, Image& image);

// The reduction with which a crop of the full image may be decoded when it is
// to be resized to side_px: the largest that leaves both sides of the crop at
// least side_px. 1, hence exact, for every crop that is not twice as large as
// the view.
int ReductionFor(int64_t crop_height, int64_t crop_width, int64_t side_px);

}  // namespace snclr

#endif  // DATA_DECODE_DECODE_H_
