// SPDX-License-Identifier: MIT
// Which device a program computes on.
#ifndef SNCLR_CORE_BASE_DEVICE_H_
#define SNCLR_CORE_BASE_DEVICE_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace snclr {

enum class DeviceChoice {
  kAuto,  // a GPU where the program and the machine have one, else the CPU
  kCpu,
  kCuda,
};

// "auto", "cpu" or "cuda", small or capital. InvalidArgument says so.
absl::StatusOr<DeviceChoice> ParseDeviceChoice(absl::string_view text);

struct ComputeDevice {
  c10::Device device = c10::kCPU;
  std::string name;  // "NVIDIA H100 80GB HBM3, 79.1 GiB"; empty for the CPU
  // A line for a person: that a program for GPUs runs on the CPU, or what a GPU
  // lacks. Empty: nothing to say.
  std::string note;
};

// Opens it: for a GPU makes it this thread's current one, and lets float32
// products be float32 (no TF32). Of several GPUs the one of number
// `local_rank`, counted around: where a launcher shows each process its own,
// that is it. FailedPrecondition where kCuda is chosen and there is none, with
// the reason. To be called before the first operator.
absl::StatusOr<ComputeDevice> OpenDevice(DeviceChoice choice,
                                         int64_t local_rank = 0);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_DEVICE_H_
