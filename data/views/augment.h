// SPDX-License-Identifier: MIT
// From an image to a view: crop, flip, jitter, grayscale, blur, solarize,
// RandAugment, normalize, erase, every probability and range from the spec.
#ifndef DATA_VIEWS_AUGMENT_H_
#define DATA_VIEWS_AUGMENT_H_

#include <cstdint>

#include "data/image.h"
#include "data/views/augmentation.pb.h"
#include "data/views/rand_augment.h"

namespace snclr {

// What was drawn for one view; also what a GPU kernel needs to make it.
// Drawing and applying are apart, so that both devices make the same view.
struct ViewParameters {
  // Crop, in pixels of the image.
  int64_t top = 0, left = 0, height = 0, width = 0;
  bool jitter = false;
  int jitter_order[4] = {0, 1, 2,
                         3};  // 0 brightness, 1 contrast, 2 saturation, 3 hue
  float brightness = 1, contrast = 1, saturation = 1;  // factors
  float hue = 0;                                       // turns
  bool grayscale = false;
  bool blur = false;
  float blur_sigma_px = 0;
  bool solarize = false;
  bool flip = false;
  bool erase = false;
  uint64_t erase_seed = 0;  // of Erase()
  DrawnRandAugment rand_augment;
};

// Draws view `view` of an image: 1 or 2; 3 and 4, 5 and 6 where an epoch has
// it repeatedly. A pure function of its arguments: the
// same (seed, epoch, index, view) gives the same view on any number of threads
// and ranks. The stream is Random(seed, {kStreamViews, epoch, index, view}),
// and each field takes the same number of draws from it whatever the spec says:
// two specs that differ in one probability or range share all other draws
// (common random numbers), which is what an ablation wants to compare.
ViewParameters DrawView(const ViewSpec& spec, int64_t image_height,
                        int64_t image_width, uint64_t seed, int64_t epoch,
                        int64_t index, int view);

// Makes the view: out [3, side_px, side_px] float, normalised, contiguous. In
// float throughout: nothing is rounded between the operations, so a view is
// within a few 1/255 of what the published recipes make of it in 8 bits.
// Thread-safe; memory is reused within a thread.
void ApplyView(const ViewSpec& spec, const NormalizeSpec& normalize,
               const ViewParameters& drawn, const Image& image, int64_t side_px,
               float* out);

// The view of an evaluation: short side resized to round(side_px x
// resize_ratio), centre cropped, normalised. Pixels that the crop leaves out
// are not computed.
void ApplyEvalView(const EvalViewSpec& spec, const NormalizeSpec& normalize,
                   const Image& image, int64_t side_px, float* out);

}  // namespace snclr

#endif  // DATA_VIEWS_AUGMENT_H_
