// SPDX-License-Identifier: MIT
// The processes of one run, one per rank, and what they exchange.
#ifndef SNCLR_CORE_DIST_PROCESS_GROUP_H_
#define SNCLR_CORE_DIST_PROCESS_GROUP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"

namespace snclr {

// W processes with ranks 0 to W-1. Every rank calls the same collectives in the
// same order with tensors of the same shape and dtype. Collectives throw
// c10::Error, as tensor code does, when a peer is lost or a time-out passes;
// the message names the peer, and the group is of no more use. None of them is
// seen by autograd. Not thread-safe.
class ProcessGroup {
 public:
  // A collective under way. Its tensor is not to be touched before Wait().
  class Work {
   public:
    virtual ~Work() = default;
    virtual void Wait() = 0;  // throws as the collective does
  };

  virtual ~ProcessGroup() = default;

  virtual int64_t rank() const = 0;
  virtual int64_t size() const = 0;  // W

  // For a person: "rank 3 (node07)".
  virtual std::string NameOf(int64_t rank) const {
    return absl::StrCat("rank ", rank);
  }

  // [N, ...] of each rank -> [W*N, ...] in rank order. With W = 1 the argument
  // itself.
  virtual at::Tensor AllGather(const at::Tensor& local) = 0;

  // Replaces `tensor` (contiguous) by its sum over the ranks.
  virtual void AllReduceSum(at::Tensor& tensor) = 0;

  // Begins that, where the group can go on meanwhile. Several may be under way;
  // they count as called where they begin.
  virtual std::unique_ptr<Work> BeginAllReduceSum(at::Tensor tensor);

  // Replaces `tensor` (contiguous) by that of rank `from`.
  virtual void Broadcast(at::Tensor& tensor, int64_t from) = 0;

  // Returns once every rank has called it.
  virtual void Barrier() = 0;

  // Whether exchanges of tensors on the GPU can be recorded in a CUDA graph and
  // repeated with it. Between BeginRecording() and EndRecording() a collective
  // is not made but recorded. BeginRepeating() comes before each repetition.
  virtual bool CanRecord() const { return size() == 1; }
  virtual void BeginRecording() {}
  virtual void EndRecording() {}
  virtual void BeginRepeating() {}

  // Between these, where CanRecord(), collectives are ordered with what else
  // the device does, and the CPU waits for none of them. So whoever next waits
  // for the device does so by Await(), which finds out where a peer is lost.
  virtual void BeginStreaming() {}
  virtual void EndStreaming() {}

  // Waits until done(), which is asked again and again and waits for nothing
  // itself; throws as a collective does.
  virtual void Await(const std::function<bool()>& done);

  // This rank ends with an error of its own, which the others' collectives will
  // then throw: "rank 3 (node07) gave up: " and the reason's first line.
  // Nothing where the group has failed already. The group is of no more use.
  virtual void Abandon(const std::string& why) {}
};

inline std::unique_ptr<ProcessGroup::Work> ProcessGroup::BeginAllReduceSum(
    at::Tensor tensor) {
  class Done final : public Work {
    void Wait() override {}
  };
  AllReduceSum(tensor);
  return std::make_unique<Done>();
}

inline void ProcessGroup::Await(const std::function<bool()>& done) {
  while (!done()) std::this_thread::yield();
}

// Streams as long as it lives, where `on`.
class Streaming {
 public:
  Streaming(ProcessGroup& group, bool on) : group_(group), on_(on) {
    if (on_) group_.BeginStreaming();
  }
  ~Streaming() {
    if (on_) group_.EndStreaming();
  }
  Streaming(const Streaming&) = delete;
  Streaming& operator=(const Streaming&) = delete;

 private:
  ProcessGroup& group_;
  const bool on_;
};

// One process alone: W = 1, no network, nothing is copied.
class SingleProcess final : public ProcessGroup {
 public:
  int64_t rank() const override { return 0; }
  int64_t size() const override { return 1; }
  at::Tensor AllGather(const at::Tensor& local) override { return local; }
  void AllReduceSum(at::Tensor& tensor) override {}
  void Broadcast(at::Tensor& tensor, int64_t from) override {}
  void Barrier() override {}
};

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_PROCESS_GROUP_H_
