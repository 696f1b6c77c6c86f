// SPDX-License-Identifier: MIT
// The arithmetic of one pixel's colour operations (color.h), for the CPU's
// loops and the GPU's kernels.
#ifndef DATA_VIEWS_PIXEL_H_
#define DATA_VIEWS_PIXEL_H_

#include "snclr/core/ops/host_device.h"

namespace snclr {

SNCLR_HOST_DEVICE float Least(float a, float b) { return a < b ? a : b; }
SNCLR_HOST_DEVICE float Most(float a, float b) { return a > b ? a : b; }
SNCLR_HOST_DEVICE float Clamp(float x) { return Least(Most(x, 0.f), 255.f); }

SNCLR_HOST_DEVICE float Grey(float red, float green, float blue) {
  return 0.2989f * red + 0.587f * green + 0.114f * blue;
}

// What channel number `offset` (red 5, green 3, blue 1) of a colour is, given
// its hue in sixths of a turn, in [0, 6), its largest channel and its chroma.
SNCLR_HOST_DEVICE float FromHue(float offset, float hue, float most,
                                float chroma) {
  float k = hue + offset;
  k -= k >= 6 ? 6.f : 0.f;
  return most - chroma * Most(0.f, Least(Least(k, 4 - k), 1.f));
}

// A turn of the hue in sixths, in [0, 6].
SNCLR_HOST_DEVICE float HueShift(float turns) {
  return 6 * (turns < 0 ? turns + 1 : turns);
}

// Turns the hue of a pixel, in [0, 255].
SNCLR_HOST_DEVICE void ShiftHueOf(float shift, float& red, float& green,
                                  float& blue) {
  const float r = red, g = green, b = blue;
  const float most = Most(r, Most(g, b));
  const float chroma = most - Least(r, Least(g, b));
  const float scale = 1 / (chroma > 0 ? chroma : 1.f);
  const float from_red = (g - b) * scale;
  const float from_green = (b - r) * scale + 2;
  const float from_blue = (r - g) * scale + 4;
  float hue = g == most ? from_green : from_blue;
  hue = r == most ? from_red : hue;  // [-1, 5]
  hue += shift;                      // [-1, 11]
  hue += hue < 0 ? 6.f : 0.f;
  hue -= hue >= 6 ? 6.f : 0.f;
  red = FromHue(5, hue, most, chroma);
  green = FromHue(3, hue, most, chroma);
  blue = FromHue(1, hue, most, chroma);
}

SNCLR_HOST_DEVICE float SolarizedOf(float threshold, float x) {
  const float inverted = 255 - x;
  return x >= threshold ? inverted : x;
}

}  // namespace snclr

#endif  // DATA_VIEWS_PIXEL_H_
