// SPDX-License-Identifier: MIT
// An image before it is a view: encoded bytes, or 8-bit pixels.
#ifndef DATA_IMAGE_H_
#define DATA_IMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace snclr {

struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
};

// Pixels [top, top + height) x [left, left + width) of an image.
struct Region {
  int64_t top = 0;
  int64_t left = 0;
  int64_t height = 0;
  int64_t width = 0;
};

// 8-bit RGB in planes: red, then green, then blue, each height x width, rows
// without gaps.
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;  // 3 * height * width

  const uint8_t* plane(int channel) const {
    return pixels.data() + channel * height * width;
  }
  uint8_t* plane(int channel) {
    return pixels.data() + channel * height * width;
  }
};

// An image as a source gives it: a JPEG or PNG file's bytes, or pixels in the
// layout of Image.
struct EncodedImage {
  enum class Format { kJpeg, kPng, kPlanarRgb };
  Format format = Format::kJpeg;
  std::string bytes;
  int64_t height = 0;  // kPlanarRgb only
  int64_t width = 0;   // kPlanarRgb only
};

}  // namespace snclr

#endif  // DATA_IMAGE_H_
