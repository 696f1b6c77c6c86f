// SPDX-License-Identifier: MIT
#include "data/decode/interleaved.h"

#include "data/views/simd.h"

namespace snclr {
namespace {

SNCLR_PIXEL_LOOP
void SplitRow(const uint8_t* __restrict rgb, int64_t width,
              uint8_t* __restrict red, uint8_t* __restrict green,
              uint8_t* __restrict blue) {
  for (int64_t x = 0; x < width; ++x) {
    red[x] = rgb[3 * x];
    green[x] = rgb[3 * x + 1];
    blue[x] = rgb[3 * x + 2];
  }
}

}  // namespace

void SplitPlanes(const uint8_t* rgb, int64_t width, const Region& region,
                 Image& image) {
  for (int64_t y = 0; y < region.height; ++y) {
    const int64_t to = y * region.width;
    SplitRow(rgb + 3 * ((region.top + y) * width + region.left), region.width,
             image.plane(0) + to, image.plane(1) + to, image.plane(2) + to);
  }
}

}  // namespace snclr
