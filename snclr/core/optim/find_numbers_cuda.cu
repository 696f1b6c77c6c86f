// SPDX-License-Identifier: MIT
#include "snclr/core/ops/device_loop.cuh"
#include "snclr/core/optim/find_numbers_cuda.h"

namespace snclr {

void FindNumbersOnGpu(const FindNumbers& find) { DeviceLoop(1, find); }

}  // namespace snclr
