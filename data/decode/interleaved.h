// SPDX-License-Identifier: MIT
// Decoders write pixel after pixel, an Image holds plane after plane.
#ifndef DATA_DECODE_INTERLEAVED_H_
#define DATA_DECODE_INTERLEAVED_H_

#include <cstdint>

#include "data/image.h"

namespace snclr {

// Gives `image` this size; its pixels are then to be written.
inline void Resize(Image& image, int64_t height, int64_t width) {
  image.height = height;
  image.width = width;
  image.pixels.resize(3 * height * width);
}

// `region` of `rgb` [any, width, 3] into the planes of `image`, which has the
// region's size.
void SplitPlanes(const uint8_t* rgb, int64_t width, const Region& region,
                 Image& image);

}  // namespace snclr

#endif  // DATA_DECODE_INTERLEAVED_H_
