// SPDX-License-Identifier: MIT
#include "snclr/core/ops/device_loop.cuh"
#include "snclr/soft_neighbor_rows_cuda.h"

namespace snclr {

void SoftNeighborRowsOnGpu(int64_t queries,
                           const SoftNeighborRows<float>& rows) {
  DeviceLoop(queries, rows);
}

void SoftNeighborRowsOnGpu(int64_t queries,
                           const SoftNeighborRows<double>& rows) {
  DeviceLoop(queries, rows);
}

}  // namespace snclr
