// SPDX-License-Identifier: MIT
#include "data/views/augment.h"

#include <array>
#include <cmath>
#include <vector>

#include "data/views/blur.h"
#include "data/views/color.h"
#include "data/views/erase.h"
#include "data/views/rand_augment.h"
#include "data/views/resample.h"

namespace snclr {
namespace {

void ApplyJitter(const ViewParameters& drawn, int64_t pixels, float* planes) {
  for (const int operation : drawn.jitter_order) {
    switch (operation) {
      case 0:
        if (drawn.brightness != 1) {
          AdjustBrightness(drawn.brightness, pixels, planes);
        }
        break;
      case 1:
        if (drawn.contrast != 1) AdjustContrast(drawn.contrast, pixels, planes);
        break;
      case 2:
        if (drawn.saturation != 1) {
          AdjustSaturation(drawn.saturation, pixels, planes);
        }
        break;
      default:
        if (drawn.hue != 0) ShiftHue(drawn.hue, pixels, planes);
    }
  }
}

// The three channels lie `step` values apart, or are one plane: 0.
void NormalizePlanes(const NormalizeSpec& spec, int64_t pixels, int64_t step,
                     const float* planes, float* out) {
  const ChannelsSpec& mean = spec.mean();
  const ChannelsSpec& std = spec.std();
  NormalizeInto(mean.red(), std.red(), pixels, planes, out);
  NormalizeInto(mean.green(), std.green(), pixels, planes + step, out + pixels);
  NormalizeInto(mean.blue(), std.blue(), pixels, planes + 2 * step,
                out + 2 * pixels);
}

// Where a view is made: memory that the thread had in its caches a moment ago,
// which a batch's never is.
float* WorkingPlanes(int64_t pixels) {
  static thread_local std::vector<float> planes;
  planes.resize(3 * pixels);
  return planes.data();
}

// What RandAugment fills with: the mean that becomes 0, as a byte.
std::array<float, 3> FillOf(const NormalizeSpec& spec) {
  const auto byte = [](double mean) {
    return static_cast<float>(std::nearbyint(255 * mean));
  };
  return {byte(spec.mean().red()), byte(spec.mean().green()),
          byte(spec.mean().blue())};
}

// The middle side_px of `resized` pixels that `length` become; halves of a
// pixel go to the even side, as Python rounds.
ResizeAxis CentreOf(int64_t length, int64_t resized, int64_t side_px) {
  const int64_t first = std::llrint((resized - side_px) / 2.0);
  return {0, length, resized, first, side_px, false};
}

}  // namespace

void ApplyView(const ViewSpec& spec, const NormalizeSpec& normalize,
               const ViewParameters& drawn, const Image& image, int64_t side_px,
               float* out) {
  const int64_t pixels = side_px * side_px;
  float* const planes = WorkingPlanes(pixels);
  // Flipped here, where it costs nothing.
  Resample(image, {drawn.top, drawn.height, side_px, 0, side_px, false},
           {drawn.left, drawn.width, side_px, 0, side_px, drawn.flip}, planes);
  // What is grey is one plane from there on, until it is normalised.
  const bool is_one_plane = drawn.grayscale && drawn.rand_augment.count == 0;
  const int channels = is_one_plane ? 1 : 3;
  if (drawn.jitter) ApplyJitter(drawn, pixels, planes);
  if (is_one_plane) {
    GrayscaleFirst(pixels, planes);
  } else if (drawn.grayscale) {
    Grayscale(pixels, planes);
  }
  if (drawn.blur) {
    if (spec.blur().kernel() == GAUSSIAN_23) {
      BlurGaussian23(drawn.blur_sigma_px, channels, side_px, side_px, planes);
    } else {
      BlurThreeBoxes(drawn.blur_sigma_px, channels, side_px, side_px, planes);
    }
  }
  if (drawn.solarize) {
    Solarize(spec.solarize().threshold(), channels * pixels, planes);
  }
  ApplyRandAugment(drawn.rand_augment, FillOf(normalize).data(), side_px,
                   planes);
  NormalizePlanes(normalize, pixels, is_one_plane ? 0 : pixels, planes, out);
  if (drawn.erase) Erase(spec.erase(), drawn.erase_seed, side_px, out);
}

void ApplyEvalView(const EvalViewSpec& spec, const NormalizeSpec& normalize,
                   const Image& image, int64_t side_px, float* out) {
  const int64_t resized = std::llrint(side_px * spec.resize_ratio());
  const bool wide = image.width >= image.height;
  const int64_t short_side = wide ? image.height : image.width;
  const int64_t long_side = wide ? image.width : image.height;
  const int64_t resized_long = resized * long_side / short_side;
  float* const planes = WorkingPlanes(side_px * side_px);
  Resample(
      image, CentreOf(image.height, wide ? resized : resized_long, side_px),
      CentreOf(image.width, wide ? resized_long : resized, side_px), planes);
  NormalizePlanes(normalize, side_px * side_px, side_px * side_px, planes, out);
}

}  // namespace snclr
