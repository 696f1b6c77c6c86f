// SPDX-License-Identifier: MIT
// RandAugment: what is drawn for a view, and doing it.
#ifndef DATA_VIEWS_RAND_AUGMENT_H_
#define DATA_VIEWS_RAND_AUGMENT_H_

#include <array>
#include <cstdint>

#include "data/views/augmentation.pb.h"
#include "snclr/core/base/random.h"

namespace snclr {

// timm's "increasing" set, all of them the stronger the higher the level.
// What level l of 10 means, +- where the sign is drawn:
enum class RandOperation {
  kAutoContrast,
  kEqualize,
  kInvert,
  kRotate,       // by +- 3 l degrees
  kPosterize,    // to 4 - floor(0.4 l) bits
  kSolarize,     // from 256 - floor(25.6 l) on
  kSolarizeAdd,  // floor(11 l) below 128
  kColor,        // saturation, like the next three by 1 +- 0.09 l
  kContrast,
  kBrightness,
  kSharpness,
  kShearX,  // by +- 0.03 l pixels a pixel
  kShearY,
  kTranslateX,  // by +- 0.045 l of the width
  kTranslateY,
};
constexpr int kRandOperations = 15;

struct DrawnOperation {
  RandOperation operation = RandOperation::kAutoContrast;
  double level = 0;  // in [0, 10]
  bool is_negative = false;
};

constexpr int kMostOperations = 4;

struct DrawnRandAugment {
  std::array<DrawnOperation, kMostOperations> operations;
  int count = 0;  // those that are applied, in this order
};

// The same number of draws whatever the probabilities and magnitudes are.
DrawnRandAugment DrawRandAugment(const RandAugmentSpec& spec, Random& random);

// In place on three float planes, [3, side_px, side_px], in [0, 255]. What a
// warp brings in from outside the image is `fill`, of 3 channels: timm's is the
// mean that images are normalised with.
void ApplyRandAugment(const DrawnRandAugment& drawn, const float* fill,
                      int64_t side_px, float* planes);

}  // namespace snclr

#endif  // DATA_VIEWS_RAND_AUGMENT_H_
