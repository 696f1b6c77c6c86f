// SPDX-License-Identifier: MIT
#include <c10/util/Exception.h>

#include "snclr/core/ops/device_loop.cuh"
#include "snclr/core/optim/adamw_cuda.h"
#include "snclr/core/optim/adamw_element.h"

namespace snclr {
namespace {

template <typename T>
int64_t PacksIn(const AdamWStretch<T>& stretch) {
  constexpr int kElements = AdamWPacks<T>::kElements;
  const bool aligned = reinterpret_cast<uintptr_t>(stretch.values) % 16 == 0;
  TORCH_CHECK(aligned && stretch.n % kElements == 0, "a stretch of ", stretch.n,
              " parameters is no whole packs");
  return stretch.n / kElements;
}

template <typename T>
void Update(const AdamWStep& step, const AdamWStretch<T>& stretch) {
  DeviceLoop(PacksIn(stretch),
             AdamWPacks<T>{AdamWNumbers<T>(step, stretch.decays), stretch});
}

template <typename T>
void Update(const AdamWStep* step, const StepNumbers* numbers,
            const AdamWStretch<T>& stretch) {
  DeviceLoop(PacksIn(stretch), AdamWPacksOf<T>{step, numbers, stretch});
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

void MakeAdamWStepOnGpu(const MakeAdamWStep& make) { DeviceLoop(1, make); }

void AdamWUpdateOnGpu(const AdamWStep* step, const StepNumbers* numbers,
                      const AdamWStretch<float>& stretch) {
  Update(step, numbers, stretch);
}

void AdamWUpdateOnGpu(const AdamWStep* step, const StepNumbers* numbers,
                      const AdamWStretch<double>& stretch) {
  Update(step, numbers, stretch);
}

}  // namespace snclr
