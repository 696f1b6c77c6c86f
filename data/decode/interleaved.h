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

// `rgb` [height, width, 3] into the planes of `image`, which has that size.
inline void SplitPlanes(const uint8_t* rgb, Image& image) {
  uint8_t* red = image.plane(0);
  uint8_t* green = image.plane(1);
  uint8_t* blue = image.plane(2);
  const int64_t pixels = image.height * image.width;
  for (int64_t i = 0; i < pixels; ++i) {
    red[i] = rgb[3 * i];
    green[i] = rgb[3 * i + 1];
    blue[i] = rgb[3 * i + 2];
  }
}

}  // namespace snclr

#endif  // DATA_DECODE_INTERLEAVED_H_
