// SPDX-License-Identifier: MIT
#include "data/device_views/view_batch.h"

#include "data/views/blur.h"
#include "data/views/pixel.h"
#include "data/views/taps.h"

namespace snclr {
namespace {

template <typename To, typename From>
int64_t AppendTo(std::vector<To>& to, const std::vector<From>& from) {
  const auto at = static_cast<int64_t>(to.size());
  to.insert(to.end(), from.begin(), from.end());
  return at;
}

bool Changes(const ViewParameters& drawn, int operation) {
  switch (operation) {
    case 0:
      return drawn.brightness != 1;
    case 1:
      return drawn.contrast != 1;
    case 2:
      return drawn.saturation != 1;
    default:
      return drawn.hue != 0;
  }
}

void PlanJitter(const ViewParameters& drawn, ViewPlan& plan) {
  plan.brightness = drawn.brightness;
  plan.contrast = drawn.contrast;
  plan.saturation = drawn.saturation;
  plan.hue_shift = HueShift(drawn.hue);
  if (drawn.jitter) {
    for (const int operation : drawn.jitter_order) {
      if (!Changes(drawn, operation)) continue;
      plan.operation[plan.operations++] = operation;
    }
  }
  while (plan.contrast_at < plan.operations &&
         plan.operation[plan.contrast_at] != 1) {
    ++plan.contrast_at;
  }
}

void PlanNormalize(const NormalizeSpec& spec, ViewPlan& plan) {
  const auto channel = [&plan](int index, double mean, double std) {
    plan.scale[index] = static_cast<float>(1 / (255 * std));
    plan.shift[index] = static_cast<float>(-mean / std);
  };
  channel(0, spec.mean().red(), spec.std().red());
  channel(1, spec.mean().green(), spec.std().green());
  channel(2, spec.mean().blue(), spec.std().blue());
}

}  // namespace

bool CanMakeOnDevice(const ViewSpec& spec) {
  const bool randomly = spec.has_rand_augment() &&
                        spec.rand_augment().operations() > 0 &&
                        spec.rand_augment().probability() > 0;
  return !randomly && spec.erase().probability() == 0;
}

int64_t ViewBatch::AddImage(const Image& image) {
  return AppendTo(bytes, image.pixels);
}

void ViewBatch::AddView(const ViewSpec& spec, const NormalizeSpec& normalize,
                        const ViewParameters& drawn, const ImageSize& size,
                        int64_t pixels) {
  thread_local Taps taps;
  thread_local std::vector<float> weights;
  ViewPlan plan;
  plan.pixels = pixels;
  plan.plane = size.height * size.width;
  plan.width = static_cast<int32_t>(size.width);
  MakeTaps({drawn.top, drawn.height, side_px, 0, side_px, false}, taps);
  plan.row_width = static_cast<int32_t>(taps.width);
  plan.row_begins = AppendTo(ints, taps.begin);
  plan.row_weights = AppendTo(floats, taps.weights);
  MakeTaps({drawn.left, drawn.width, side_px, 0, side_px, drawn.flip}, taps);
  plan.column_width = static_cast<int32_t>(taps.width);
  plan.column_begins = AppendTo(ints, taps.begin);
  plan.column_weights = AppendTo(floats, taps.weights);

  PlanJitter(drawn, plan);
  plan.grayscale = drawn.grayscale;
  plan.solarize = drawn.solarize;
  plan.solarize_threshold = static_cast<float>(spec.solarize().threshold());
  if (drawn.blur) {
    const bool gaussian = spec.blur().kernel() == GAUSSIAN_23;
    gaussian ? Gaussian23Weights(drawn.blur_sigma_px, weights)
             : ThreeBoxesWeights(drawn.blur_sigma_px, weights);
    plan.blur_passes = gaussian ? 1 : 3;
    plan.blur_radius = static_cast<int32_t>(weights.size()) - 1;
    plan.blur_weights = AppendTo(floats, weights);
  }
  PlanNormalize(normalize, plan);
  any_contrast |= plan.contrast_at < plan.operations;
  any_blur |= drawn.blur;
  plans.push_back(plan);
}

void ViewBatch::Clear() {
  bytes.clear();
  floats.clear();
  ints.clear();
  plans.clear();
  any_contrast = any_blur = false;
}

}  // namespace snclr
