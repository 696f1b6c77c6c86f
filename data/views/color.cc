// SPDX-License-Identifier: MIT
#include "data/views/color.h"

#include "data/views/pixel.h"
#include "data/views/simd.h"

namespace snclr {
namespace {

// Sums in fixed lanes: wide registers then add in the same order as narrow
// ones.
SNCLR_PIXEL_LOOP
double GreySum(int64_t pixels, const float* __restrict planes) {
  constexpr int kLanes = 32;
  const float* __restrict red = planes;
  const float* __restrict green = planes + pixels;
  const float* __restrict blue = planes + 2 * pixels;
  double total = 0;
  int64_t i = 0;
  while (i + kLanes <= pixels) {
    // A float lane holds at most 1,024 values, so that it stays exact enough.
    float lanes[kLanes] = {};
    for (int n = 0; n < 1024 && i + kLanes <= pixels; ++n, i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) {
        lanes[lane] += Grey(red[i + lane], green[i + lane], blue[i + lane]);
      }
    }
    for (int lane = 0; lane < kLanes; ++lane) total += lanes[lane];
  }
  for (; i < pixels; ++i) total += Grey(red[i], green[i], blue[i]);
  return total;
}

}  // namespace

SNCLR_PIXEL_LOOP
void AdjustBrightness(float factor, int64_t pixels, float* planes) {
  for (int64_t i = 0; i < 3 * pixels; ++i)
    planes[i] = Clamp(planes[i] * factor);
}

SNCLR_PIXEL_LOOP
void AdjustContrast(float factor, int64_t pixels, float* planes) {
  const float mean = static_cast<float>(GreySum(pixels, planes) / pixels);
  const float rest = (1 - factor) * mean;
  for (int64_t i = 0; i < 3 * pixels; ++i) {
    planes[i] = Clamp(planes[i] * factor + rest);
  }
}

SNCLR_PIXEL_LOOP
void AdjustSaturation(float factor, int64_t pixels, float* planes) {
  float* __restrict red = planes;
  float* __restrict green = planes + pixels;
  float* __restrict blue = planes + 2 * pixels;
  for (int64_t i = 0; i < pixels; ++i) {
    const float rest = (1 - factor) * Grey(red[i], green[i], blue[i]);
    red[i] = Clamp(red[i] * factor + rest);
    green[i] = Clamp(green[i] * factor + rest);
    blue[i] = Clamp(blue[i] * factor + rest);
  }
}

SNCLR_PIXEL_LOOP
void ShiftHue(float turns, int64_t pixels, float* planes) {
  const float shift = HueShift(turns);
  float* __restrict red = planes;
  float* __restrict green = planes + pixels;
  float* __restrict blue = planes + 2 * pixels;
  for (int64_t i = 0; i < pixels; ++i) {
    ShiftHueOf(shift, red[i], green[i], blue[i]);
  }
}

SNCLR_PIXEL_LOOP
void Grayscale(int64_t pixels, float* planes) {
  float* __restrict red = planes;
  float* __restrict green = planes + pixels;
  float* __restrict blue = planes + 2 * pixels;
  for (int64_t i = 0; i < pixels; ++i) {
    const float grey = Grey(red[i], green[i], blue[i]);
    red[i] = grey;
    green[i] = grey;
    blue[i] = grey;
  }
}

SNCLR_PIXEL_LOOP
void GrayscaleFirst(int64_t pixels, float* planes) {
  float* __restrict red = planes;
  const float* __restrict green = planes + pixels;
  const float* __restrict blue = planes + 2 * pixels;
  for (int64_t i = 0; i < pixels; ++i) red[i] = Grey(red[i], green[i], blue[i]);
}

SNCLR_PIXEL_LOOP
void Solarize(float threshold, int64_t count, float* values) {
  for (int64_t i = 0; i < count; ++i) {
    values[i] = SolarizedOf(threshold, values[i]);
  }
}

SNCLR_PIXEL_LOOP
void Normalize(double mean, double std, int64_t pixels, float* plane) {
  const float scale = static_cast<float>(1 / (255 * std));
  const float shift = static_cast<float>(-mean / std);
  for (int64_t i = 0; i < pixels; ++i) plane[i] = plane[i] * scale + shift;
}

SNCLR_PIXEL_LOOP
void NormalizeInto(double mean, double std, int64_t pixels,
                   const float* __restrict plane, float* __restrict out) {
  const float scale = static_cast<float>(1 / (255 * std));
  const float shift = static_cast<float>(-mean / std);
  for (int64_t i = 0; i < pixels; ++i) out[i] = plane[i] * scale + shift;
}

}  // namespace snclr
