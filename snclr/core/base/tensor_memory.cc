// SPDX-License-Identifier: MIT
#include "snclr/core/base/tensor_memory.h"

#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace snclr {
namespace {

constexpr size_t kSmallest = 1 << 20;
constexpr size_t kUnit = 1 << 16;  // sizes are rounded up to it
constexpr double kSlack = 1.1;

// Tensors that all begin at a page's begin would compete for the same lines of
// the first cache where an operator reads several in step.
constexpr size_t kPage = 4096, kStagger = 576;

struct Block {
  void* mapping;
  size_t bytes;
  char* data;  // within the first page
};

// All members may be called by any thread.
class KeptBlocks {
 public:
  // Null where the system has no more.
  void* Take(size_t bytes) {
    const size_t rounded = (bytes + kPage + kUnit - 1) / kUnit * kUnit;
    const std::lock_guard<std::mutex> lock(mutex_);
    held_bytes_ += rounded;
    const size_t most = std::max(most_held_, held_bytes_);
    Block block = TakeWaiting(rounded);
    if (block.mapping == nullptr) {
      MakeRoom(static_cast<size_t>(kSlack * static_cast<double>(most)));
      block = Map(rounded);
    }
    if (block.mapping == nullptr) {
      MakeRoom(0);
      block = Map(rounded);
    }
    if (block.mapping == nullptr) {
      held_bytes_ -= rounded;
      return nullptr;
    }
    most_held_ = most;
    held_.emplace(block.data, block);
    return block.data;
  }

  // False where it is none of these.
  bool GiveBack(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = held_.find(data);
    if (found == held_.end()) return false;
    const Block block = found->second;
    // Before another thread may get it.
    c10::profiledCPUMemoryReporter().Delete(data);
    held_.erase(found);
    held_bytes_ -= block.bytes;
    waiting_bytes_ += block.bytes;
    waiting_.push_back(block);
    waiting_by_size_[block.bytes].push_back(std::prev(waiting_.end()));
    return true;
  }

  TensorMemory Now() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {static_cast<int64_t>(held_bytes_),
            static_cast<int64_t>(waiting_bytes_)};
  }

 private:
  using Waiting = std::list<Block>;

  // The one that was freed last, which the caches may still have.
  Block TakeWaiting(size_t bytes) {
    const auto found = waiting_by_size_.find(bytes);
    if (found == waiting_by_size_.end() || found->second.empty()) return {};
    const Waiting::iterator last = found->second.back();
    found->second.pop_back();
    const Block block = *last;
    waiting_.erase(last);
    waiting_bytes_ -= bytes;
    return block;
  }

  // Until all that is mapped, with what is about to be, is at most `bytes`, or
  // nothing waits any more.
  void MakeRoom(size_t bytes) {
    while (!waiting_.empty() && held_bytes_ + waiting_bytes_ > bytes) {
      const Block block = waiting_.front();
      waiting_.pop_front();
      std::vector<Waiting::iterator>& same = waiting_by_size_[block.bytes];
      same.erase(same.begin());  // of a size, the oldest is first here too
      waiting_bytes_ -= block.bytes;
      munmap(block.mapping, block.bytes);
    }
  }

  Block Map(size_t bytes) {
    void* const mapping = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) return {};
    const size_t offset = (++mapped_ * kStagger) % kPage;
    return {mapping, bytes, static_cast<char*>(mapping) + offset};
  }

  std::mutex mutex_;
  size_t held_bytes_ = 0, waiting_bytes_ = 0, most_held_ = 0, mapped_ = 0;
  std::unordered_map<void*, Block> held_;
  Waiting waiting_;  // by when they were freed, the oldest first
  std::unordered_map<size_t, std::vector<Waiting::iterator>> waiting_by_size_;
};

// Never destroyed: tensors of static life free theirs at the very end.
KeptBlocks& Blocks() {
  static KeptBlocks& blocks = *new KeptBlocks();
  return blocks;
}

void Free(void* data) {
  if (data == nullptr) return;
  if (!Blocks().GiveBack(data)) {
    c10::GetDefaultCPUAllocator()->raw_deallocate(data);
  }
}

class KeepingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = nullptr;
    if (bytes >= kSmallest) {
      data = Blocks().Take(bytes);
      if (data != nullptr) c10::profiledCPUMemoryReporter().New(data, bytes);
    }
    // Whose exception names the size, where there is no more memory.
    if (data == nullptr) {
      data = c10::GetDefaultCPUAllocator()->raw_allocate(bytes);
    }
    return {data, data, &Free, c10::Device(c10::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &Free; }

  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

void KeepTensorMemory() {
  static KeepingAllocator& allocator = *new KeepingAllocator();
  c10::SetCPUAllocator(&allocator);
}

TensorMemory TensorMemoryNow() { return Blocks().Now(); }

}  // namespace snclr
