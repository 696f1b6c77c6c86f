// SPDX-License-Identifier: MIT
// Threads that make batches ahead of whoever uses them.
#ifndef DATA_LOADING_PREFETCHER_H_
#define DATA_LOADING_PREFETCHER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

namespace snclr {

struct PrefetcherOptions {
  int workers = 1;
  int64_t depth = 2;        // batches that may be in the making or waiting
  int64_t batch_items = 1;  // in each batch
  int64_t first_batch = 0;
  int64_t last_batch = std::numeric_limits<int64_t>::max();  // exclusive
};

// Makes the items of batches first_batch, first_batch + 1, ... in this order on
// a fixed number of threads, at most `depth` batches ahead of the last Release.
//
//   Prefetcher prefetcher(options, [&](int64_t batch, int64_t item) {
//     Make(item, slots[batch % depth]);
//   });
//   for (;;) { prefetcher.Await(batch); Use(slot); prefetcher.Release(batch++);
//   }
//
// A batch's slot belongs to the workers from its start to the return of Await,
// then to the caller until Release. Await and Release are for one thread.
class Prefetcher {
 public:
  // `make_item` runs on the workers, for different items at once; it must not
  // throw, and what it refers to must outlive this object.
  Prefetcher(const PrefetcherOptions& options,
             std::function<void(int64_t batch, int64_t item)> make_item);

  // Waits for the items that are being made, and begins no other.
  ~Prefetcher();

  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // Returns once batch `batch` is whole. Batches are awaited in order.
  void Await(int64_t batch);

  // Gives the slot back: batch `batch` + depth may begin.
  void Release(int64_t batch);

 private:
  void Work();
  bool MayBegin() const;

  const PrefetcherOptions options_;
  const std::function<void(int64_t, int64_t)> make_item_;
  const int64_t chunk_items_;  // taken at once by a worker

  std::mutex mutex_;
  std::condition_variable may_begin_;
  std::condition_variable batch_done_;
  // Guarded by mutex_.
  bool stop_ = false;
  int64_t next_batch_;                  // the next item to begin:
  int64_t next_item_ = 0;               //   this one of next_batch_
  int64_t released_;                    // batches below are given back
  std::vector<int64_t> items_missing_;  // [depth], of the batch in that slot

  std::vector<std::thread> threads_;
};

// `asked` threads, or where that is 0 as many as suit this machine: one for
// each core that this process may use but one, which is left to the training
// step; at least 1, at most 16.
int WorkersFor(int asked);

}  // namespace snclr

#endif  // DATA_LOADING_PREFETCHER_H_
