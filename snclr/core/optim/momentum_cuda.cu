// SPDX-License-Identifier: MIT
#include "snclr/core/ops/device_loop.cuh"
#include "snclr/core/optim/momentum_cuda.h"

namespace snclr {

void MomentumUpdateOnGpu(const MomentumPlaces<float>& places) {
  DeviceLoop(places.stretch.n, places);
}

void MomentumUpdateOnGpu(const MomentumPlaces<double>& places) {
  DeviceLoop(places.stretch.n, places);
}

}  // namespace snclr
