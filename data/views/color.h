// SPDX-License-Identifier: MIT
// Colour operations in place on three float planes, [3, pixels], in [0, 255].
//
// Formulas are torchvision's for float images. Results are clamped to [0, 255]
// and never rounded; the published recipes round to 8 bits after each
// operation, which is up to 1/255 away (hue up to 7/255, their hue being 8-bit
// as well). Grey is 0.2989 R + 0.587 G + 0.114 B.
#ifndef DATA_VIEWS_COLOR_H_
#define DATA_VIEWS_COLOR_H_

#include <cstdint>

namespace snclr {

// x f
void AdjustBrightness(float factor, int64_t pixels, float* planes);

// x f + m (1 - f), m the mean of the grey image
void AdjustContrast(float factor, int64_t pixels, float* planes);

// x f + grey (1 - f)
void AdjustSaturation(float factor, int64_t pixels, float* planes);

// The hue of HSV, turned; saturation and value stay. In [-1, 1].
void ShiftHue(float turns, int64_t pixels, float* planes);

// Every channel becomes grey; or the first alone, for who knows that the others
// would be equal.
void Grayscale(int64_t pixels, float* planes);
void GrayscaleFirst(int64_t pixels, float* planes);

// 255 - x where x >= threshold, of any number of values
void Solarize(float threshold, int64_t count, float* values);

// (x / 255 - mean) / std of one plane
void Normalize(double mean, double std, int64_t pixels, float* plane);

// The same into other memory.
void NormalizeInto(double mean, double std, int64_t pixels, const float* plane,
                   float* out);

}  // namespace snclr

#endif  // DATA_VIEWS_COLOR_H_
