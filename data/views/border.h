// SPDX-License-Identifier: MIT
// What lies beyond an image's border, for the CPU's loops and the GPU's
// kernels.
#ifndef DATA_VIEWS_BORDER_H_
#define DATA_VIEWS_BORDER_H_

#include <cstdint>

#include "snclr/core/ops/host_device.h"

namespace snclr {

enum class Border { kReplicate, kReflect };

// Where the pixel at offset `i` of a line of `count` is found.
SNCLR_HOST_DEVICE int64_t BorderSource(Border border, int64_t i,
                                       int64_t count) {
  if (border == Border::kReplicate || count == 1) {
    return i < 0 ? 0 : i < count ? i : count - 1;
  }
  const int64_t period = 2 * (count - 1);
  i = (i < 0 ? -i : i) % period;
  return i < count ? i : period - i;
}

}  // namespace snclr

#endif  // DATA_VIEWS_BORDER_H_
