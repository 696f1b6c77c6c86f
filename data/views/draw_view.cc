// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <utility>

#include "data/views/augment.h"
#include "data/views/rand_augment.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

// torchvision's RandomResizedCrop: up to ten tries of an area and an aspect,
// the first that fits the image; else the largest centred crop of an allowed
// aspect.
void DrawCrop(const RandomCropSpec& spec, int64_t image_height,
              int64_t image_width, Random& random, ViewParameters& drawn) {
  constexpr int kTries = 10;
  const double log_min_aspect = std::log(spec.min_aspect());
  const double log_max_aspect = std::log(spec.max_aspect());
  bool found = false;
  for (int i = 0; i < kTries; ++i) {
    const double area = random.Uniform(spec.min_area(), spec.max_area()) *
                        image_height * image_width;
    const double aspect =
        std::exp(random.Uniform(log_min_aspect, log_max_aspect));
    if (found) continue;  // later tries are drawn all the same
    drawn.width = std::llrint(std::sqrt(area * aspect));
    drawn.height = std::llrint(std::sqrt(area / aspect));
    found = drawn.width > 0 && drawn.width <= image_width && drawn.height > 0 &&
            drawn.height <= image_height;
  }
  const double top = random.Uniform();
  const double left = random.Uniform();
  if (found) {
    drawn.top = static_cast<int64_t>(top * (image_height - drawn.height + 1));
    drawn.left = static_cast<int64_t>(left * (image_width - drawn.width + 1));
    return;
  }
  const double aspect = static_cast<double>(image_width) / image_height;
  drawn.width = image_width;
  drawn.height = image_height;
  if (aspect < spec.min_aspect()) {
    drawn.height = std::llrint(image_width / spec.min_aspect());
  } else if (aspect > spec.max_aspect()) {
    drawn.width = std::llrint(image_height * spec.max_aspect());
  }
  drawn.height = std::clamp<int64_t>(drawn.height, 1, image_height);
  drawn.width = std::clamp<int64_t>(drawn.width, 1, image_width);
  drawn.top = (image_height - drawn.height) / 2;
  drawn.left = (image_width - drawn.width) / 2;
}

float DrawFactor(double strength, Random& random) {
  return static_cast<float>(
      random.Uniform(std::max(0.0, 1 - strength), 1 + strength));
}

}  // namespace

ViewParameters DrawView(const ViewSpec& spec, int64_t image_height,
                        int64_t image_width, uint64_t seed, int64_t epoch,
                        int64_t index, int view) {
  Random random(seed,
                {kStreamViews, static_cast<uint64_t>(epoch),
                 static_cast<uint64_t>(index), static_cast<uint64_t>(view)});
  const auto chance = [&](double probability) {
    return random.Uniform() < probability;
  };
  ViewParameters drawn;
  DrawCrop(spec.crop(), image_height, image_width, random, drawn);

  const ColorJitterSpec& jitter = spec.jitter();
  drawn.jitter = chance(jitter.probability());
  drawn.brightness = DrawFactor(jitter.brightness(), random);
  drawn.contrast = DrawFactor(jitter.contrast(), random);
  drawn.saturation = DrawFactor(jitter.saturation(), random);
  drawn.hue = static_cast<float>(random.Uniform(-jitter.hue(), jitter.hue()));
  for (int i = 3; i > 0; --i) {
    std::swap(drawn.jitter_order[i], drawn.jitter_order[random.Below(i + 1)]);
  }

  drawn.grayscale = chance(spec.grayscale_probability());
  drawn.blur = chance(spec.blur().probability());
  drawn.blur_sigma_px = static_cast<float>(
      random.Uniform(spec.blur().sigma_min_px(), spec.blur().sigma_max_px()));
  drawn.solarize = chance(spec.solarize().probability());
  drawn.flip = chance(spec.flip_probability());
  drawn.erase = chance(spec.erase().probability());
  drawn.erase_seed = random.Bits();
  drawn.rand_augment = DrawRandAugment(spec.rand_augment(), random);
  return drawn;
}

}  // namespace snclr
