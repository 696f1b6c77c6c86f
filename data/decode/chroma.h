// SPDX-License-Identifier: MIT
// From JPEG's planes (luma, and two of chroma with fewer pixels) to RGB.
#ifndef DATA_DECODE_CHROMA_H_
#define DATA_DECODE_CHROMA_H_

#include <cstdint>

#include "data/image.h"

namespace snclr {

// One picture as a JPEG file holds it, with an 8-bit plane for each component.
struct JpegPlanes {
  int64_t height = 0;  // of the picture
  int64_t width = 0;
  int components = 3;  // 1: luma alone, the picture is grey
  // Pixels of luma to one of chroma: 1 x 1, 1 x 2 (halved across) or 2 x 2.
  int rows_per_chroma = 1;
  int columns_per_chroma = 1;
  const uint8_t* plane[3] = {};  // Y, Cb, Cr
  int64_t stride[3] = {};        // bytes from row to row
};

// Whether ToRgb knows this ratio of chroma and a picture of this width.
bool CanConvert(int rows_per_chroma, int columns_per_chroma, int64_t width);

// Writes `region` of the picture to `image`, which becomes as large as it.
// Chroma is interpolated by libjpeg's triangle filter ("fancy upsampling") and
// converted in its fixed point, so every byte is the one that libjpeg-turbo
// makes. Thread-safe.
void ToRgb(const JpegPlanes& planes, const Region& region, Image& image);

}  // namespace snclr

#endif  // DATA_DECODE_CHROMA_H_
