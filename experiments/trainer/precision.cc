// SPDX-License-Identifier: MIT
#include "experiments/trainer/precision.h"

#include "absl/strings/str_cat.h"
#include "snclr/core/base/gpu_facts.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {

absl::Status CheckPrecision(Precision precision, c10::Device device,
                            const PrecisionSupport& gpu) {
  if (precision == BF16 && device.is_cuda() && !gpu.bfloat16) {
    return absl::InvalidArgumentError(
        absl::StrCat("precision: BF16 needs a GPU that has bfloat16 (compute "
                     "capability 8.0), "
                     "which ",
                     gpu.name, " has not: set precision=FP16"));
  }
  return absl::OkStatus();
}

absl::Status CheckPrecisionHere(Precision precision, c10::Device device,
                                const std::string& name) {
  PrecisionSupport gpu;
  gpu.name = name;
  if (device.is_cuda()) {
    RETURN_IF_ERROR(CatchTorch([&] {
      gpu.bfloat16 = GpuHasBfloat16();
      return absl::OkStatus();
    }));
  }
  return CheckPrecision(precision, device, gpu);
}

}  // namespace snclr
