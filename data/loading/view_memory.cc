// SPDX-License-Identifier: MIT
#include "data/loading/view_memory.h"

#include <ATen/ops/empty.h>

#include <atomic>
#include <utility>

namespace snclr {

ViewMemory::ViewMemory(std::vector<int64_t> shape, at::TensorOptions options)
    : shape_(std::move(shape)), options_(options) {}

at::Tensor ViewMemory::Take() {
  // Views, and what autograd saved, share the storage and are counted with it.
  for (const at::Tensor& tensor : owned_) {
    if (tensor.storage().use_count() > 1) continue;
    // What the last holder did to the memory comes before what we do.
    std::atomic_thread_fence(std::memory_order_acquire);
    return tensor.detach();
  }
  owned_.push_back(at::empty(shape_, options_));
  return owned_.back().detach();
}

}  // namespace snclr
