// SPDX-License-Identifier: MIT
// The stages in which a batch of views is made, for CPU and GPU: functors that
// do the work of one place each (snclr/core/ops/host_device.h), with the
// operations and the order of sums of the CPU's own loops, so that all bits are
// theirs.
#ifndef DATA_DEVICE_VIEWS_VIEW_STAGES_H_
#define DATA_DEVICE_VIEWS_VIEW_STAGES_H_

#include <cstdint>

#include "data/device_views/view_plan.h"
#include "data/views/border.h"
#include "data/views/pixel.h"
#include "snclr/core/ops/host_device.h"

namespace snclr {

// A batch's arrays, where the stages run.
struct ViewArrays {
  const uint8_t* images[3];  // by ImageMemory; null: none
  const float* floats;
  const int32_t* ints;
  const ViewPlan* plans;
  uint32_t views;  // N
  uint32_t side;   // S
  float* planes;   // [N, 3, S, S], in [0, 255]
  float* others;   // [N, 3, S, S], the blur's
  float* lanes;    // [N, GreyBlocks(), 32]
  float* means;    // [N], of the grey images

  SNCLR_HOST_DEVICE uint32_t pixels() const { return side * side; }
};

// Places are counted in 32 bits, in which a GPU divides several times as fast;
// whoever makes the arrays sees to it that 3 N S S fits.
SNCLR_HOST_DEVICE uint32_t Short(int64_t i) { return static_cast<uint32_t>(i); }

// A grey image's sum is made of lanes, each of at most 1,024 values, whose sums
// a double adds up in order.
constexpr int64_t kGreyLanes = 32;
constexpr int64_t kGreyRun = 1024;
inline int64_t GreyBlocks(int64_t pixels) {
  const int64_t runs = pixels / kGreyLanes;
  return (runs + kGreyRun - 1) / kGreyRun;
}

struct Rgb {
  float red, green, blue;
};

SNCLR_HOST_DEVICE void AdjustAll(float factor, float rest, Rgb& pixel) {
  pixel.red = Clamp(pixel.red * factor + rest);
  pixel.green = Clamp(pixel.green * factor + rest);
  pixel.blue = Clamp(pixel.blue * factor + rest);
}

// The jitter operations [begin, end) of a plan; none of them contrast.
SNCLR_HOST_DEVICE void Jitter(const ViewPlan& plan, int begin, int end,
                              Rgb& pixel) {
  for (int i = begin; i < end; ++i) {
    switch (plan.operation[i]) {
      case 0:
        pixel.red = Clamp(pixel.red * plan.brightness);
        pixel.green = Clamp(pixel.green * plan.brightness);
        pixel.blue = Clamp(pixel.blue * plan.brightness);
        break;
      case 2:
        AdjustAll(
            plan.saturation,
            (1 - plan.saturation) * Grey(pixel.red, pixel.green, pixel.blue),
            pixel);
        break;
      default:
        ShiftHueOf(plan.hue_shift, pixel.red, pixel.green, pixel.blue);
    }
  }
}

SNCLR_HOST_DEVICE void MakeGrey(const ViewPlan& plan, Rgb& pixel) {
  if (!plan.grayscale) return;
  pixel.red = pixel.green = pixel.blue =
      Grey(pixel.red, pixel.green, pixel.blue);
}

// Crop, resize, flip, and the jitter up to contrast. A place is a view's pixel.
struct CropStage {
  ViewArrays at;

  // One channel of a source column, over an output row's source rows.
  SNCLR_HOST_DEVICE static float BlendRows(const uint8_t* source,
                                           int64_t stride, const float* weights,
                                           int64_t rows) {
    float sum = weights[0] * source[0];
    int64_t k = 1;
    for (; k + 1 < rows; k += 2) {
      sum += weights[k] * source[k * stride] +
             weights[k + 1] * source[(k + 1) * stride];
    }
    for (; k < rows; ++k) sum += weights[k] * source[k * stride];
    return sum;
  }

  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    const uint32_t view = Short(i) / at.pixels();
    const uint32_t place = Short(i) % at.pixels();
    const uint32_t y = place / at.side, x = place % at.side;
    const ViewPlan& plan = at.plans[view];
    const float* row_weights =
        at.floats + plan.row_weights + int64_t{y} * plan.row_width;
    const float* column_weights =
        at.floats + plan.column_weights + int64_t{x} * plan.column_width;
    const int64_t top = at.ints[plan.row_begins + y];
    const int64_t left = at.ints[plan.column_begins + x];
    const uint8_t* red =
        at.images[plan.memory] + plan.pixels + top * plan.width + left;
    Rgb pixel = {0, 0, 0};
    for (int64_t k = 0; k < plan.column_width; ++k) {
      const float weight = column_weights[k];
      const uint8_t* source = red + k;
      pixel.red +=
          weight * BlendRows(source, plan.width, row_weights, plan.row_width);
      source += plan.plane;
      pixel.green +=
          weight * BlendRows(source, plan.width, row_weights, plan.row_width);
      source += plan.plane;
      pixel.blue +=
          weight * BlendRows(source, plan.width, row_weights, plan.row_width);
    }
    Jitter(plan, 0, plan.contrast_at, pixel);
    if (plan.contrast_at == plan.operations) MakeGrey(plan, pixel);
    float* out = at.planes + int64_t{view} * 3 * at.pixels() + place;
    out[0] = pixel.red;
    out[at.pixels()] = pixel.green;
    out[int64_t{2} * at.pixels()] = pixel.blue;
  }
};

SNCLR_HOST_DEVICE bool HasContrast(const ViewPlan& plan) {
  return plan.contrast_at < plan.operations;
}

SNCLR_HOST_DEVICE float GreyAt(const ViewArrays& at, int64_t view,
                               int64_t place) {
  const float* red = at.planes + 3 * view * at.pixels() + place;
  return Grey(red[0], red[at.pixels()], red[2 * at.pixels()]);
}

// One lane's sum. A place is a lane of a block of a view.
struct GreyLanesStage {
  ViewArrays at;
  int64_t blocks;

  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    const int64_t view = i / (blocks * kGreyLanes);
    if (!HasContrast(at.plans[view])) return;
    const int64_t block = i / kGreyLanes % blocks, lane = i % kGreyLanes;
    const int64_t begin = block * kGreyLanes * kGreyRun;
    const int64_t whole = at.pixels() / kGreyLanes * kGreyLanes;
    const int64_t most = begin + kGreyLanes * kGreyRun;
    const int64_t end = most < whole ? most : whole;
    float sum = 0;
    for (int64_t place = begin + lane; place < end; place += kGreyLanes) {
      sum += GreyAt(at, view, place);
    }
    at.lanes[i] = sum;
  }
};

// The mean of a view's grey image. A place is a view.
struct GreyMeanStage {
  ViewArrays at;
  int64_t blocks;

  SNCLR_HOST_DEVICE void operator()(int64_t view) const {
    if (!HasContrast(at.plans[view])) return;
    double total = 0;
    const float* lanes = at.lanes + view * blocks * kGreyLanes;
    for (int64_t i = 0; i < blocks * kGreyLanes; ++i) total += lanes[i];
    for (int64_t place = at.pixels() / kGreyLanes * kGreyLanes;
         place < at.pixels(); ++place) {
      total += GreyAt(at, view, place);
    }
    at.means[view] = static_cast<float>(total / at.pixels());
  }
};

// Contrast and what follows of the jitter. A place is a view's pixel.
struct ContrastStage {
  ViewArrays at;

  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    const uint32_t view = Short(i) / at.pixels();
    const ViewPlan& plan = at.plans[view];
    if (!HasContrast(plan)) return;
    float* red = at.planes + i + int64_t{2} * view * at.pixels();
    float* green = red + at.pixels();
    float* blue = green + at.pixels();
    Rgb pixel = {*red, *green, *blue};
    AdjustAll(plan.contrast, (1 - plan.contrast) * at.means[view], pixel);
    Jitter(plan, plan.contrast_at + 1, plan.operations, pixel);
    MakeGrey(plan, pixel);
    *red = pixel.red;
    *green = pixel.green;
    *blue = pixel.blue;
  }
};

// One pass of a blur along rows or columns, between the two buffers of planes.
// A view whose blur has fewer passes is copied, as it takes part in the
// exchange. A place is a value.
struct BlurStage {
  ViewArrays at;
  const float* from;
  float* to;
  int pass;
  bool along_rows;

  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    const ViewPlan& plan = at.plans[Short(i) / (3 * at.pixels())];
    if (plan.blur_radius == 0) return;
    if (pass >= plan.blur_passes) {
      to[i] = from[i];
      return;
    }
    const Border border =
        plan.blur_passes == 1 ? Border::kReflect : Border::kReplicate;
    const float* weights = at.floats + plan.blur_weights;
    const int64_t step = along_rows ? 1 : at.side;
    const int64_t place = Short(i) / Short(step) % at.side;
    const float* line = from + i - place * step;
    float sum = weights[0] * line[place * step];
    for (int64_t k = 1; k <= plan.blur_radius; ++k) {
      const float before =
          line[BorderSource(border, place - k, at.side) * step];
      const float after = line[BorderSource(border, place + k, at.side) * step];
      sum += weights[k] * (before + after);
    }
    to[i] = sum;
  }
};

// Solarize and normalize, in the dtype of training. A place is a value.
template <typename Out>
struct FinishStage {
  ViewArrays at;
  Out* out;

  SNCLR_HOST_DEVICE void operator()(int64_t i) const {
    const ViewPlan& plan = at.plans[Short(i) / (3 * at.pixels())];
    const int channel = static_cast<int>(Short(i) / at.pixels() % 3);
    float value = at.planes[i];
    if (plan.solarize) value = SolarizedOf(plan.solarize_threshold, value);
    out[i] =
        static_cast<Out>(value * plan.scale[channel] + plan.shift[channel]);
  }
};

// All stages, each by run(places, functor); those that no view needs are left
// out.
template <typename Out, typename Run>
void RunViewStages(const ViewArrays& at, bool any_contrast, bool any_blur,
                   Out* out, const Run& run) {
  const int64_t pixels = int64_t{at.views} * at.pixels();
  run(pixels, CropStage{at});
  if (any_contrast) {
    const int64_t blocks = GreyBlocks(at.pixels());
    run(at.views * blocks * kGreyLanes, GreyLanesStage{at, blocks});
    run(at.views, GreyMeanStage{at, blocks});
    run(pixels, ContrastStage{at});
  }
  if (any_blur) {
    const float* from = at.planes;
    float* to = at.others;
    for (const bool along_rows : {true, false}) {
      for (int pass = 0; pass < 3; ++pass) {
        run(3 * pixels, BlurStage{at, from, to, pass, along_rows});
        float* const next = to == at.others ? at.planes : at.others;
        from = to;
        to = next;
      }
    }
  }
  run(3 * pixels, FinishStage<Out>{at, out});
}

}  // namespace snclr

#endif  // DATA_DEVICE_VIEWS_VIEW_STAGES_H_
