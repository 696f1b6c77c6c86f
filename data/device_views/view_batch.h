// SPDX-License-Identifier: MIT
// A batch of images and of the views to make of them.
#ifndef DATA_DEVICE_VIEWS_VIEW_BATCH_H_
#define DATA_DEVICE_VIEWS_VIEW_BATCH_H_

#include <cstdint>
#include <vector>

#include "data/device_views/view_plan.h"
#include "data/image.h"
#include "data/views/augment.h"
#include "data/views/augmentation.pb.h"

namespace snclr {

// Whether views of this spec can be made on a device. RandAugment and erasing,
// which only fine-tuning has, are the CPU's.
bool CanMakeOnDevice(const ViewSpec& spec);

struct ViewBatch {
  explicit ViewBatch(int64_t side_px) : side_px(side_px) {}

  int64_t views() const { return static_cast<int64_t>(plans.size()); }

  // Copies the image's pixels; returns where they begin. Several views may be
  // of one image.
  int64_t AddImage(const Image& image);

  // The view that ApplyView would make of an image of this size whose pixels
  // begin there, as the next one.
  void AddView(const ViewSpec& spec, const NormalizeSpec& normalize,
               const ViewParameters& drawn, const ImageSize& size,
               int64_t pixels);

  // No images and views; memory is kept.
  void Clear();

  int64_t side_px;
  std::vector<uint8_t> bytes;
  std::vector<float> floats;
  std::vector<int32_t> ints;
  std::vector<ViewPlan> plans;
  bool any_contrast = false;
  bool any_blur = false;
};

}  // namespace snclr

#endif  // DATA_DEVICE_VIEWS_VIEW_BATCH_H_
