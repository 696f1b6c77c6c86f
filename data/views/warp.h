// SPDX-License-Identifier: MIT
// Shear, shift and rotation in place of three float planes,
// [3, height, width], in [0, 255].
#ifndef DATA_VIEWS_WARP_H_
#define DATA_VIEWS_WARP_H_

#include <cstdint>

namespace snclr {

// Where in the image the pixel whose centre is (x, y) comes from, both in
// pixels from the top left corner:
//   (xx x + xy y + x0, yx x + yy y + y0)
struct AffineMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;
};

// Turns by so many degrees, counter-clockwise, about the image's centre.
AffineMap Rotation(double degrees, int64_t height, int64_t width);

// Cubic convolution (Keys, 1981) with a = -1, the border's pixels repeated
// beyond it, results clamped to [0, 255]; what comes from outside the image is
// `fill`, of 3 channels. As Pillow's transform(AFFINE, BICUBIC), less its
// rounding. Memory is reused within a thread.
void Warp(const AffineMap& map, const float* fill, int64_t height,
          int64_t width, float* planes);

}  // namespace snclr

#endif  // DATA_VIEWS_WARP_H_
