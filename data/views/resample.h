// SPDX-License-Identifier: MIT
// Resizing a rectangle of an image, antialiased.
#ifndef DATA_VIEWS_RESAMPLE_H_
#define DATA_VIEWS_RESAMPLE_H_

#include <cstdint>

#include "data/image.h"

namespace snclr {

// What happens along one axis: source pixels [start, start + length) become
// `resized` pixels, of which [first, first + count) are made, last one first
// where mirrored. A crop and resize wants all of them, an evaluation's centre
// crop the middle, and the rest is never computed.
struct ResizeAxis {
  int64_t start = 0;
  int64_t length = 0;
  int64_t resized = 0;
  int64_t first = 0;
  int64_t count = 0;
  bool mirrored = false;
};

// Bilinear with antialias, as torchvision (antialias=True) and Pillow do it:
// with s = length / resized, output i is the mean of the source weighted by a
// triangle of half width max(s, 1) around (i + 0.5) s, cut at the rectangle's
// border and scaled to weight 1. Separable; nothing is rounded.
//
//   out  [3, rows.count, columns.count], in [0, 255]
//
// The rectangle must lie in the image. Thread-safe; memory is reused within a
// thread.
void Resample(const Image& image, const ResizeAxis& rows,
              const ResizeAxis& columns, float* out);

}  // namespace snclr

#endif  // DATA_VIEWS_RESAMPLE_H_
