// SPDX-License-Identifier: MIT
// Several ranks in one test: each on a thread of its own, meeting in memory.
#ifndef SNCLR_CORE_DIST_THREAD_GROUP_TESTING_H_
#define SNCLR_CORE_DIST_THREAD_GROUP_TESTING_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "snclr/core/dist/process_group.h"

namespace snclr {

// What the threads of one test exchange through: every rank lays its tensor
// down, waits for the others, and takes all of them.
class Meeting {
 public:
  explicit Meeting(int64_t ranks) : brought_(ranks) {}

  std::vector<at::Tensor> Exchange(int64_t rank, const at::Tensor& tensor) {
    std::unique_lock<std::mutex> lock(mutex_);
    brought_[rank] = tensor.clone();
    const int64_t round = round_;
    if (++arrived_ == static_cast<int64_t>(brought_.size())) {
      taken_ = brought_;
      arrived_ = 0;
      ++round_;
      changed_.notify_all();
    }
    changed_.wait(lock, [&] { return round_ != round; });
    return taken_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<at::Tensor> brought_;
  std::vector<at::Tensor> taken_;
  int64_t arrived_ = 0;
  int64_t round_ = 0;
};

// One rank of a group whose ranks are the threads of one process.
class ThreadGroup final : public ProcessGroup {
 public:
  ThreadGroup(Meeting& meeting, int64_t rank, int64_t size)
      : meeting_(meeting), rank_(rank), size_(size) {}

  int64_t rank() const override { return rank_; }
  int64_t size() const override { return size_; }
  at::Tensor AllGather(const at::Tensor& local) override {
    return at::cat(meeting_.Exchange(rank_, local));
  }
  void AllReduceSum(at::Tensor& tensor) override {
    const auto all = meeting_.Exchange(rank_, tensor);
    tensor.zero_();
    for (const at::Tensor& part : all) tensor.add_(part);
  }
  void Broadcast(at::Tensor& tensor, int64_t from) override {
    tensor.copy_(meeting_.Exchange(rank_, tensor)[from]);
  }
  void Barrier() override { meeting_.Exchange(rank_, at::zeros({1})); }

 private:
  Meeting& meeting_;
  const int64_t rank_;
  const int64_t size_;
};

// Calls run(group) for each of `ranks` ranks and returns when all are done.
inline void OnRanks(int64_t ranks,
                    const std::function<void(ProcessGroup& group)>& run) {
  Meeting meeting(ranks);
  std::vector<std::thread> threads;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&meeting, &run, rank, ranks] {
      ThreadGroup group(meeting, rank, ranks);
      run(group);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_THREAD_GROUP_TESTING_H_
