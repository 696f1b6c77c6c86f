// SPDX-License-Identifier: MIT
#include "data/loading/prefetcher.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace snclr {
namespace {

// Small enough that all workers end a batch together, large enough that taking
// it costs nothing.
int64_t ChunkItems(const PrefetcherOptions& options) {
  return std::clamp<int64_t>(options.batch_items / (4 * options.workers), 1, 8);
}

}  // namespace

Prefetcher::Prefetcher(
    const PrefetcherOptions& options,
    std::function<void(int64_t batch, int64_t item)> make_item)
    : options_(options),
      make_item_(std::move(make_item)),
      chunk_items_(ChunkItems(options)),
      next_batch_(options.first_batch),
      released_(options.first_batch),
      items_missing_(options.depth, options.batch_items) {
  for (int i = 0; i < options.workers; ++i) {
    try {
      threads_.emplace_back([this] { Work(); });
    } catch (const std::system_error&) {
      // The system gives no more threads; fewer do the same work.
      if (threads_.empty()) throw;
      break;
    }
  }
}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  may_begin_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Prefetcher::Await(int64_t batch) {
  std::unique_lock<std::mutex> lock(mutex_);
  batch_done_.wait(lock,
                   [&] { return items_missing_[batch % options_.depth] == 0; });
}

void Prefetcher::Release(int64_t batch) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    items_missing_[batch % options_.depth] = options_.batch_items;
    released_ = batch + 1;
  }
  may_begin_.notify_all();
}

bool Prefetcher::MayBegin() const {
  return next_batch_ < options_.last_batch &&
         next_batch_ < released_ + options_.depth;
}

void Prefetcher::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    may_begin_.wait(lock, [this] { return stop_ || MayBegin(); });
    if (stop_) return;
    const int64_t batch = next_batch_;
    const int64_t first = next_item_;
    const int64_t end = std::min(first + chunk_items_, options_.batch_items);
    next_item_ = end;
    if (end == options_.batch_items) {
      ++next_batch_;
      next_item_ = 0;
    }
    lock.unlock();
    for (int64_t item = first; item < end; ++item) make_item_(batch, item);
    lock.lock();
    int64_t& missing = items_missing_[batch % options_.depth];
    missing -= end - first;
    if (missing == 0) batch_done_.notify_one();
  }
}

int WorkersFor(int asked) {
  if (asked > 0) return asked;
  // glibc counts the cores of this process's affinity mask; 0 where unknown.
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(cores - 1, 1, 16);
}

}  // namespace snclr
