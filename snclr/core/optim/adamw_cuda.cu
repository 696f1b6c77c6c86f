// SPDX-License-Identifier: MIT
#include <c10/util/Exception.h>

#include "snclr/core/ops/device_loop.cuh"
#include "snclr/core/optim/adamw_cuda.h"
#include "snclr/core/optim/adamw_element.h"

namespace snclr {
namespace {

template <typename T>
void Update(const AdamWStep& step, const AdamWStretch<T>& stretch) {
  using Packs = AdamWPacks<T>;
  const bool aligned = reinterpret_cast<uintptr_t>(stretch.values) % 16 == 0;
  TORCH_CHECK(aligned && stretch.n % Packs::kElements == 0, "a stretch of ",
              stretch.n, " parameters is no whole packs");
  DeviceLoop(stretch.n / Packs::kElements,
             Packs{AdamWNumbers<T>(step, stretch.decays), stretch});
}

}  // namespace

void AdamWUpdateOnGpu(const AdamWStep& step,
                      const AdamWStretch<float>& stretch) {
  Update(step, stretch);
}

void AdamWUpdateOnGpu(const AdamWStep& step,
                      const AdamWStretch<double>& stretch) {
  Update(step, stretch);
}

}  // namespace snclr
