// SPDX-License-Identifier: MIT
// The half of nccl_backend.h for builds without CUDA.
#include <c10/util/Exception.h>

#include <cstdint>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "snclr/core/dist/nccl_backend.h"

namespace snclr {

absl::Status NcclIsThere() {
  return absl::FailedPreconditionError(
      "this program was built without CUDA: backend NCCL needs --config=cuda");
}

c10::intrusive_ptr<c10d::Backend> MakeNcclBackend(
    const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size,
    absl::Duration timeout) {
  TORCH_CHECK(false, NcclIsThere().message());
}

void AbortNccl(c10d::Backend& backend) {}

}  // namespace snclr
