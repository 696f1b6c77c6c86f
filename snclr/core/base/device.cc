// SPDX-License-Identifier: MIT
#include "snclr/core/base/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "snclr/core/base/gpu_facts.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

constexpr char kNoGpu[] =
    "LibTorch finds no GPU on this machine (nvidia-smi says more)";

absl::StatusOr<ComputeDevice> OpenGpu(int64_t local_rank) {
  ComputeDevice opened;
  RETURN_IF_ERROR(CatchTorch([&] {
    // Before anything asks the allocator what it has.
    at::globalContext().lazyInitDevice(c10::kCUDA);
    const int64_t count = at::detail::getCUDAHooks().deviceCount();
    opened.device = c10::Device(
        c10::kCUDA, static_cast<c10::DeviceIndex>(local_rank % count));
    c10::impl::VirtualGuardImpl(c10::kCUDA).setDevice(opened.device);
    opened.name =
        absl::StrFormat("%s, %.1f GiB", GpuName(),
                        static_cast<double>(GpuMemoryNow().total) / (1 << 30));
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
    // A stand-in that lets programs start where cuDNN may not be distributed.
    if (at::detail::getCUDAHooks().versionCuDNN() == 0) {
      at::globalContext().setUserEnabledCuDNN(false);
      at::globalContext().setSDPUseCuDNN(false);
      opened.note =
          "there is no cuDNN: convolutions run by slower kernels of LibTorch";
    }
    return absl::OkStatus();
  })) << "opening the GPU";
  return opened;
}

}  // namespace

absl::StatusOr<DeviceChoice> ParseDeviceChoice(absl::string_view text) {
  const std::string small = absl::AsciiStrToLower(text);
  if (small == "auto") return DeviceChoice::kAuto;
  if (small == "cpu") return DeviceChoice::kCpu;
  if (small == "cuda") return DeviceChoice::kCuda;
  return absl::InvalidArgumentError(
      absl::StrCat("device: '", text, "' is none of auto, cpu, cuda"));
}

absl::StatusOr<ComputeDevice> OpenDevice(DeviceChoice choice,
                                         int64_t local_rank) {
  if (choice == DeviceChoice::kCpu) return ComputeDevice();
  if (at::hasCUDA()) return OpenGpu(local_rank);
  if (choice == DeviceChoice::kCuda) {
    return absl::FailedPreconditionError(absl::StrCat(
        "device cuda: ",
        BuiltForGpus() ? kNoGpu
                       : "this program was built without CUDA; tools/bazel "
                         "run --config=cuda builds one that has it"));
  }
  ComputeDevice cpu;
  if (BuiltForGpus()) {
    cpu.note = absl::StrCat("runs on the CPU: ", kNoGpu);
  }
  return cpu;
}

}  // namespace snclr
