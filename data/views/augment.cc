// SPDX-License-Identifier: MIT
#include "data/views/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "data/views/blur.h"
#include "data/views/color.h"
#include "data/views/erase.h"
#include "data/views/rand_augment.h"
#include "data/views/resample.h"

namespace snclr {
namespace {

constexpr int kContrast = 1;  // as ViewParameters numbers the operations

void ApplyOperation(int operation, const ViewParameters& drawn, float mean,
                    int64_t pixels, float* planes) {
  switch (operation) {
    case 0:
      return AdjustBrightness(drawn.brightness, pixels, planes);
    case kContrast:
      return AdjustContrast(drawn.contrast, mean, pixels, planes);
    case 2:
      return AdjustSaturation(drawn.saturation, pixels, planes);
    default:
      return ShiftHue(drawn.hue, pixels, planes);
  }
}

// Those operations of the jitter that change something, in their order.
using Operations = absl::InlinedVector<int, 4>;

Operations OperationsOf(const ViewParameters& drawn) {
  Operations operations;
  if (!drawn.jitter) return operations;
  const bool changes[] = {drawn.brightness != 1, drawn.contrast != 1,
                          drawn.saturation != 1, drawn.hue != 0};
  for (const int operation : drawn.jitter_order) {
    if (changes[operation]) operations.push_back(operation);
  }
  return operations;
}

// The operations, and grey in the first plane alone where that is asked for. A
// block of the image goes through all of them while it is in the first cache:
// what they cost is mostly memory.
void ApplyInBlocks(absl::Span<const int> operations,
                   const ViewParameters& drawn, float mean, bool to_grey,
                   int64_t pixels, float* planes) {
  if (operations.empty() && !to_grey) return;
  constexpr int64_t kBlock = 1024;
  float block[3 * kBlock];
  for (int64_t begin = 0; begin < pixels; begin += kBlock) {
    const int64_t size = std::min(kBlock, pixels - begin);
    for (int c = 0; c < 3; ++c) {
      std::copy_n(planes + c * pixels + begin, size, block + c * size);
    }
    for (const int operation : operations) {
      ApplyOperation(operation, drawn, mean, size, block);
    }
    if (to_grey) GrayscaleFirst(size, block);
    for (int c = 0; c < (to_grey ? 1 : 3); ++c) {
      std::copy_n(block + c * size, size, planes + c * pixels + begin);
    }
  }
}

// The jitter, and grey as above. Contrast needs the whole image as it is by
// then, so the operations before it come first.
void ApplyColors(const ViewParameters& drawn, bool to_grey, int64_t pixels,
                 float* planes) {
  const Operations operations = OperationsOf(drawn);
  const auto contrast =
      std::find(operations.begin(), operations.end(), kContrast);
  const size_t before = contrast - operations.begin();
  const absl::Span<const int> all = operations;
  float mean = 0;
  if (contrast != operations.end()) {
    ApplyInBlocks(all.first(before), drawn, 0, false, pixels, planes);
    mean = GreyMean(pixels, planes);
  }
  ApplyInBlocks(contrast != operations.end() ? all.subspan(before) : all, drawn,
                mean, to_grey, pixels, planes);
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
  ApplyColors(drawn, is_one_plane, pixels, planes);
  if (drawn.grayscale && !is_one_plane) Grayscale(pixels, planes);
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
