// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_DIST_C10D_GROUP_H_
#define SNCLR_CORE_DIST_C10D_GROUP_H_

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <vector>

#include "absl/time/time.h"
#include "snclr/core/dist/liveness.h"
#include "snclr/core/dist/meeting_point.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

// A ProcessGroup of real processes, over a backend of LibTorch's. JoinGroup
// makes it.
//
// Any strided dtype travels: gathers and broadcasts move bytes; sums of
// half-precision floats are added in float32 and rounded once, those of small
// integers and bools in int64. Tensors of another device than the backend's
// (the CPU with Gloo, the current CUDA device with NCCL) are copied there and
// back.
//
// A wait ends when the exchange is complete, on the device too, or it throws
// c10::DistError: the time-out has passed, a connection broke, or another rank
// has given up. The message names who is to blame. After that every call throws
// the same, and the destructor leaves what may still be waiting for the lost
// peer to the end of the process.
class C10dGroup final : public ProcessGroup {
 public:
  struct Parts {
    c10::intrusive_ptr<c10d::Backend> backend;
    // Rank 0's keeps the table for all. Null where nobody needs it.
    std::unique_ptr<MeetingPoint> point;
    std::unique_ptr<Liveness> liveness;
    std::vector<std::string> names;
    int64_t rank = 0;
    absl::Duration timeout;
    at::Device device = at::kCPU;  // the backend's
    // Ends what waits for a lost peer, where the backend can.
    std::function<void(c10d::Backend&)> abort;
  };

  explicit C10dGroup(Parts parts);
  ~C10dGroup() override;

  int64_t rank() const override { return parts_.rank; }
  int64_t size() const override {
    return static_cast<int64_t>(parts_.names.size());
  }
  std::string NameOf(int64_t rank) const override { return parts_.names[rank]; }

  at::Tensor AllGather(const at::Tensor& local) override;
  void AllReduceSum(at::Tensor& tensor) override;
  // The group must outlive it.
  std::unique_ptr<Work> BeginAllReduceSum(at::Tensor tensor) override;
  void Broadcast(at::Tensor& tensor, int64_t from) override;
  void Barrier() override;
  void Abandon(const std::string& why) override;

  bool CanRecord() const override { return parts_.device.is_cuda(); }
  void BeginRecording() override { recording_ = true; }
  void EndRecording() override { recording_ = false; }
  void BeginRepeating() override;
  void BeginStreaming() override { streaming_ = CanRecord(); }
  void EndStreaming() override { streaming_ = false; }
  void Await(const std::function<bool()>& done) override;

 private:
  struct Exchange {
    int64_t number = 0;
    c10::intrusive_ptr<c10d::Work> work;
  };
  class Sum;

  // The tensor, or its copy on the backend's device.
  at::Tensor Here(const at::Tensor& tensor) const;

  // Begins an exchange, counted before `begin` is called.
  Exchange Begin(const std::function<c10::intrusive_ptr<c10d::Work>()>& begin);
  void Finish(const Exchange& exchange);
  // Until done(); fails where it takes too long or another rank is lost.
  void WaitFor(int64_t exchange, const std::function<bool()>& done);
  // Forgets streamed exchanges that are complete; fails where one has failed.
  void LookAtStreamed();
  // Finds out why, and throws it.
  [[noreturn]] void Fail(const Liveness::Trouble& trouble);
  void ThrowIfOver() const;

  Parts parts_;
  int64_t under_way_ = 0;
  int64_t newest_ = 0;  // number of the exchange begun last
  bool recording_ = false;
  bool streaming_ = false;
  std::deque<Exchange> streamed_;  // nobody has seen their end yet
  std::string failure_;            // empty while all is well
};

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_C10D_GROUP_H_
