// SPDX-License-Identifier: MIT
// Builds with CUDA alone; no_nccl_backend.cc is the other half.
#include "snclr/core/dist/nccl_backend.h"

#define USE_C10D_NCCL
#include <c10/cuda/CUDAFunctions.h>

#include <cstdint>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace snclr {

absl::Status NcclIsThere() {
  if (c10::cuda::device_count() > 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "backend NCCL needs a GPU, and LibTorch finds none on this machine");
}

c10::intrusive_ptr<c10d::Backend> MakeNcclBackend(
    const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size,
    absl::Duration timeout) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = absl::ToChronoMilliseconds(timeout);
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(
      store, static_cast<int>(rank), static_cast<int>(size),
      std::move(options));
}

void AbortNccl(c10d::Backend& backend) {
  if (auto* nccl = dynamic_cast<c10d::ProcessGroupNCCL*>(&backend)) {
    nccl->abort();
  }
}

}  // namespace snclr
