// SPDX-License-Identifier: MIT
// The processes of one run, one per rank, and what they exchange.
#ifndef SNCLR_CORE_DIST_PROCESS_GROUP_H_
#define SNCLR_CORE_DIST_PROCESS_GROUP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

// W processes with ranks 0 to W-1. Every rank calls the same collectives in the
// same order with tensors of the same shape and dtype. Collectives throw
// c10::Error, as tensor code does, when a peer is lost or a time-out passes.
// None of them is seen by autograd. Not thread-safe.
class ProcessGroup {
 public:
  virtual ~ProcessGroup() = default;

  virtual int64_t rank() const = 0;
  virtual int64_t size() const = 0;  // W

  // [N, ...] of each rank -> [W*N, ...] in rank order. With W = 1 the argument
  // itself.
  virtual at::Tensor AllGather(const at::Tensor& local) = 0;

  // Replaces `tensor` (contiguous) by its sum over the ranks.
  virtual void AllReduceSum(at::Tensor& tensor) = 0;

  // Replaces `tensor` (contiguous) by rank 0's.
  virtual void BroadcastFromRankZero(at::Tensor& tensor) = 0;

  // Returns once every rank has called it.
  virtual void Barrier() = 0;
};

// One process alone: W = 1, no network, nothing is copied.
class SingleProcess final : public ProcessGroup {
 public:
  int64_t rank() const override { return 0; }
  int64_t size() const override { return 1; }
  at::Tensor AllGather(const at::Tensor& local) override { return local; }
  void AllReduceSum(at::Tensor& tensor) override {}
  void BroadcastFromRankZero(at::Tensor& tensor) override {}
  void Barrier() override {}
};

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_PROCESS_GROUP_H_
