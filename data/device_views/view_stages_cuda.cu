// SPDX-License-Identifier: MIT
#include "data/device_views/view_stages_cuda.h"
#include "snclr/core/ops/device_loop.cuh"

namespace snclr {
namespace {

struct OnGpu {
  template <typename Functor>
  void operator()(int64_t places, const Functor& functor) const {
    DeviceLoop(places, functor);
  }
};

}  // namespace

void RunViewStagesOnGpu(const ViewArrays& at, bool any_contrast, bool any_blur,
                        float* out) {
  RunViewStages(at, any_contrast, any_blur, out, OnGpu());
}

void RunViewStagesOnGpu(const ViewArrays& at, bool any_contrast, bool any_blur,
                        c10::BFloat16* out) {
  RunViewStages(at, any_contrast, any_blur, out, OnGpu());
}

}  // namespace snclr
