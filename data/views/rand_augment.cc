// SPDX-License-Identifier: MIT
#include "data/views/rand_augment.h"

#include <algorithm>
#include <cmath>

#include "data/views/color.h"
#include "data/views/tone.h"
#include "data/views/warp.h"

namespace snclr {
namespace {

constexpr double kMostLevel = 10;

void Apply(const DrawnOperation& drawn, const float* fill, int64_t side,
           float* planes) {
  const int64_t pixels = side * side;
  const double strength = drawn.level / kMostLevel;
  const double either_way = drawn.is_negative ? -strength : strength;
  const auto factor = static_cast<float>(1 + 0.9 * either_way);
  const auto warp = [&](const AffineMap& map) {
    Warp(map, fill, side, side, planes);
  };
  AffineMap map;
  switch (drawn.operation) {
    case RandOperation::kAutoContrast:
      return AutoContrast(pixels, planes);
    case RandOperation::kEqualize:
      return Equalize(pixels, planes);
    case RandOperation::kInvert:
      return Solarize(0, 3 * pixels, planes);
    case RandOperation::kRotate:
      return warp(Rotation(30 * either_way, side, side));
    case RandOperation::kPosterize:
      return Posterize(4 - static_cast<int>(4 * strength), pixels, planes);
    case RandOperation::kSolarize:
      return Solarize(256 - std::floor(256 * strength), 3 * pixels, planes);
    case RandOperation::kSolarizeAdd:
      return SolarizeAdd(std::floor(110 * strength), 128, pixels, planes);
    case RandOperation::kColor:
      return AdjustSaturation(factor, pixels, planes);
    case RandOperation::kContrast:
      return AdjustContrast(factor, pixels, planes);
    case RandOperation::kBrightness:
      return AdjustBrightness(factor, pixels, planes);
    case RandOperation::kSharpness:
      return AdjustSharpness(factor, side, side, planes);
    case RandOperation::kShearX:
      map.xy = 0.3 * either_way;
      return warp(map);
    case RandOperation::kShearY:
      map.yx = 0.3 * either_way;
      return warp(map);
    case RandOperation::kTranslateX:
      map.x0 = 0.45 * either_way * static_cast<double>(side);
      return warp(map);
    case RandOperation::kTranslateY:
      map.y0 = 0.45 * either_way * static_cast<double>(side);
      return warp(map);
  }
}

}  // namespace

DrawnRandAugment DrawRandAugment(const RandAugmentSpec& spec, Random& random) {
  DrawnRandAugment drawn;
  for (int i = 0; i < spec.operations(); ++i) {
    DrawnOperation operation;
    operation.operation =
        static_cast<RandOperation>(random.Below(kRandOperations));
    const bool is_applied = random.Uniform() < spec.probability();
    operation.level =
        std::clamp(spec.magnitude() + spec.magnitude_std() * random.Normal(),
                   0.0, kMostLevel);
    operation.is_negative = random.Uniform() < 0.5;
    if (is_applied) drawn.operations[drawn.count++] = operation;
  }
  return drawn;
}

void ApplyRandAugment(const DrawnRandAugment& drawn, const float* fill,
                      int64_t side_px, float* planes) {
  for (int i = 0; i < drawn.count; ++i) {
    Apply(drawn.operations[i], fill, side_px, planes);
  }
}

}  // namespace snclr
