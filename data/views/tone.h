// SPDX-License-Identifier: MIT
// Operations on the tones of an image, in place on three float planes,
// [3, pixels], in [0, 255]. Pillow's ImageOps, which has bytes: where the
// operation is one of bytes, values are rounded to whole ones first.
#ifndef DATA_VIEWS_TONE_H_
#define DATA_VIEWS_TONE_H_

#include <cstdint>

namespace snclr {

// Each channel stretched so that its least value is 0 and its largest 255; a
// channel of one value stays.
void AutoContrast(int64_t pixels, float* planes);

// Each channel's values mapped so that they are spread evenly over [0, 255];
// of bytes.
void Equalize(int64_t pixels, float* planes);

// Only the `bits` highest bits of each byte are kept, in [0, 8].
void Posterize(int bits, int64_t pixels, float* planes);

// x + add where x < threshold, at most 255
void SolarizeAdd(float add, float threshold, int64_t pixels, float* planes);

// smooth + factor (x - smooth), clamped, where smooth is the mean over 3 x 3
// pixels of which the middle one counts five times; at the border it is x.
// Planes are [3, height, width].
void AdjustSharpness(float factor, int64_t height, int64_t width,
                     float* planes);

}  // namespace snclr

#endif  // DATA_VIEWS_TONE_H_
