// SPDX-License-Identifier: MIT
// Makes a batch of views on a device.
#ifndef DATA_DEVICE_VIEWS_DEVICE_VIEWS_H_
#define DATA_DEVICE_VIEWS_DEVICE_VIEWS_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "data/device_views/view_batch.h"

namespace snclr {

// [N, 3, S, S] of `dtype` (float or bfloat16), normalised: the views in the
// batch's order, with the bits of ApplyView (bfloat16: rounded once). On a GPU
// a dozen kernels on the current stream; the batch must stay until they are
// done. On the CPU the same stages, one place after the other: what tests
// compare, and slow. Memory beside the result: the batch, and 24 bytes a pixel
// and view. Throws c10::Error where there is no room, or the batch has 2^32
// values or more.
at::Tensor MakeViews(const ViewBatch& batch, at::Device device,
                     at::ScalarType dtype);

}  // namespace snclr

#endif  // DATA_DEVICE_VIEWS_DEVICE_VIEWS_H_
