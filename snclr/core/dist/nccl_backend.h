// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_DIST_NCCL_BACKEND_H_
#define SNCLR_CORE_DIST_NCCL_BACKEND_H_

#include <c10/util/intrusive_ptr.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace snclr {

// FailedPrecondition where this program was built without CUDA or this machine
// has no GPU.
absl::Status NcclIsThere();

// LibTorch's exchange of CUDA tensors, on the device that is current where an
// exchange begins. Ranks connect with the first exchange. `timeout` is NCCL's
// own for one exchange: LibTorch's watchdog ends the process then.
c10::intrusive_ptr<c10d::Backend> MakeNcclBackend(
    const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size,
    absl::Duration timeout);

// Ends what is under way on the device, so that nothing waits for a lost peer.
void AbortNccl(c10d::Backend& backend);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_NCCL_BACKEND_H_
