// SPDX-License-Identifier: MIT
// One view as a kernel makes it: what ViewParameters and spec say of it, worked
// out on the CPU and laid into plain memory that can be copied to a device.
#ifndef DATA_DEVICE_VIEWS_VIEW_PLAN_H_
#define DATA_DEVICE_VIEWS_VIEW_PLAN_H_

#include <cstdint>

namespace snclr {

// Where an image's pixels are.
enum ImageMemory : int32_t {
  kInBatch = 0,   // came with the batch
  kResident = 1,  // stay on the device
  kDecoded = 2,   // were decoded there
};

// Offsets are into the arrays of a ViewBatch or of a ViewStaging, in elements.
struct ViewPlan {
  // The image's planes, and how it is resized: for each output row and column
  // where its source pixels begin (ints) and their weights (floats).
  int64_t pixels = 0;  // of red, in bytes; green and blue follow
  int32_t memory = kInBatch;
  int64_t plane = 0;  // pixels of a plane
  int64_t row_begins = 0, column_begins = 0;
  int64_t row_weights = 0, column_weights = 0;
  int32_t width = 0;                        // pixels of an image's row
  int32_t row_width = 0, column_width = 0;  // source pixels of an output

  // Those of the four jitter operations that change something, in their order;
  // that of contrast, which needs the whole image, at `contrast_at`.
  int32_t operations = 0;
  int32_t contrast_at = 0;    // `operations` where there is none
  int32_t operation[4] = {};  // numbered as ViewParameters has them
  float brightness = 1, contrast = 1, saturation = 1;  // factors
  float hue_shift = 0;                                 // sixths of a turn

  int32_t grayscale = 0;
  int32_t solarize = 0;
  float solarize_threshold = 0;

  // 0: no blur. Else so many weights beside the centre's, in floats; passes
  // along each axis: 3 beyond whose border its nearest pixel lies, or 1,
  // mirrored.
  int32_t blur_radius = 0;
  int32_t blur_passes = 0;
  int64_t blur_weights = 0;

  float scale[3] = {1, 1,
                    1};  // of red, green, blue in [0, 255]: x scale + shift
  float shift[3] = {};
};

}  // namespace snclr

#endif  // DATA_DEVICE_VIEWS_VIEW_PLAN_H_
