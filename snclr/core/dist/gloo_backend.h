// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_DIST_GLOO_BACKEND_H_
#define SNCLR_CORE_DIST_GLOO_BACKEND_H_

#include <c10/util/intrusive_ptr.h>

#include <cstdint>
#include <string>
#include <vector>

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace snclr {

// LibTorch's exchange of CPU tensors over TCP. Connects each rank to each other
// over the network interfaces (one usually); every rank has to call this, and
// it waits until all have. Exchanges have no time-out: who waits for them
// decides. Throws std::exception where a rank cannot be reached.
c10::intrusive_ptr<c10d::Backend> MakeGlooBackend(
    const c10::intrusive_ptr<c10d::Store>& store, int64_t rank, int64_t size,
    const std::vector<std::string>& interfaces);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_GLOO_BACKEND_H_
