// SPDX-License-Identifier: MIT
// Makes a batch of views on a device.
#ifndef DATA_DEVICE_VIEWS_DEVICE_VIEWS_H_
#define DATA_DEVICE_VIEWS_DEVICE_VIEWS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>

#include "data/device_views/view_batch.h"

namespace snclr {

// A batch's arrays on the device that makes its views; each a tensor of bytes.
// Several may be one memory: a plan's offsets are its arrays' elements.
struct PlacedViews {
  at::Tensor bytes;     // images that came with it
  at::Tensor resident;  // images that stay there; undefined: none
  at::Tensor decoded;   // images that were decoded there; undefined: none
  at::Tensor floats;
  at::Tensor ints;
  at::Tensor plans;
  int64_t views = 0;  // N
  int64_t side_px = 0;
  bool any_contrast = false;
  bool any_blur = false;
};

// How many values are in the making at once: what bounds the memory.
constexpr int64_t kViewValuesAtOnce = int64_t{1} << 26;

// [count, 3, S, S] of `dtype` (float or bfloat16), normalised: views [first,
// first + count) of the batch, with the bits of ApplyView (bfloat16: rounded
// once). On a GPU a dozen kernels for each part of values_at_once values, on
// the current stream; the arrays must stay until they are done. On the CPU the
// same stages, one place after the other: what tests compare, and slow. Memory
// beside the result: 8 bytes for each value at once. Throws c10::Error where
// there is no room, or views are outside the batch.
at::Tensor MakeViews(const PlacedViews& placed, int64_t first, int64_t count,
                     at::ScalarType dtype,
                     int64_t values_at_once = kViewValuesAtOnce);

// All views of a batch, whose arrays are carried to the device first.
at::Tensor MakeViews(const ViewBatch& batch, at::Device device,
                     at::ScalarType dtype);

}  // namespace snclr

#endif  // DATA_DEVICE_VIEWS_DEVICE_VIEWS_H_
