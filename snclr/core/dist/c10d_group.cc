// SPDX-License-Identifier: MIT
#include "snclr/core/dist/c10d_group.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "snclr/core/dist/shown_seconds.h"

namespace snclr {
namespace {

// The memory of a contiguous tensor.
at::Tensor Bytes(const at::Tensor& tensor) {
  return tensor.detach().view({-1}).view(at::kByte);
}

// The dtype in which tensors of `type` are added up.
at::ScalarType SumType(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
    case at::kDouble:
    case at::kInt:
    case at::kLong:
      return type;
    case at::kHalf:
    case at::kBFloat16:
      return at::kFloat;
    case at::kBool:
    case at::kByte:
    case at::kChar:
    case at::kShort:
      return at::kLong;
    default:
      TORCH_CHECK(false, "no sums over ranks of ", type);
  }
}

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// A longer step means that this process stood still (Slurm's suspend, a
// debugger), as the others may have: such time does not count.
constexpr absl::Duration kLongestStep = absl::Milliseconds(500);

// Waits grow with what was waited: never later than an eighth, and idle.
absl::Duration Pause(absl::Duration waited) {
  return std::clamp(waited / 8, absl::Microseconds(20), absl::Milliseconds(5));
}

}  // namespace

class C10dGroup::Sum final : public ProcessGroup::Work {
 public:
  Sum(C10dGroup& group, at::Tensor tensor)
      : group_(group),
        tensor_(tensor.detach()),
        summed_(group.Here(tensor_).to(SumType(tensor.scalar_type()))) {
    if (summed_.numel() == 0) return;
    exchange_ = group.Begin([this] {
      std::vector<at::Tensor> tensors = {summed_};
      return group_.parts_.backend->allreduce(tensors);
    });
  }

  void Wait() override {
    if (summed_.numel() == 0) return;
    group_.Finish(exchange_);
    if (!summed_.is_same(tensor_)) tensor_.copy_(summed_);
  }

 private:
  C10dGroup& group_;
  const at::Tensor tensor_;
  const at::Tensor summed_;
  Exchange exchange_;
};

C10dGroup::C10dGroup(Parts parts) : parts_(std::move(parts)) {}

C10dGroup::~C10dGroup() {
  if (failure_.empty()) parts_.liveness->Leave();
  if (failure_.empty() && under_way_ == 0) return;
  // Destructors of backends wait for what is under way, which may not end; and
  // the others still read at rank 0's why it does not.
  new auto(std::move(parts_.backend));
  parts_.point.release();
}

C10dGroup::Exchange C10dGroup::Begin(
    const std::function<c10::intrusive_ptr<c10d::Work>()>& begin) {
  ThrowIfOver();
  Exchange exchange;
  // A recording makes no exchange; each repetition counts as one.
  if (!recording_) newest_ = parts_.liveness->Begin();
  exchange.number = newest_;
  ++under_way_;
  exchange.work = begin();
  return exchange;
}

void C10dGroup::WaitFor(int64_t exchange, const std::function<bool()>& done) {
  Liveness::Trouble trouble;
  trouble.exchange = exchange;
  auto before = std::chrono::steady_clock::now();
  while (!done()) {
    const auto now = std::chrono::steady_clock::now();
    trouble.waited += std::min(absl::FromChrono(now - before), kLongestStep);
    before = now;
    if (trouble.waited > parts_.timeout) {
      trouble.timed_out = true;
      trouble.text =
          absl::StrCat("it did not end in ", ShownSeconds(parts_.timeout));
      Fail(trouble);
    }
    const absl::Duration pause = Pause(trouble.waited);
    if (pause > absl::Milliseconds(1) && parts_.liveness->Over()) {
      trouble.text = "another rank was lost";
      Fail(trouble);
    }
    absl::SleepFor(pause);
  }
}

void C10dGroup::Finish(const Exchange& exchange) {
  ThrowIfOver();
  // A recorded exchange is never complete by itself, and asking would spoil the
  // recording; what is left is the order of streams.
  if (recording_ || streaming_) {
    exchange.work->wait();
    --under_way_;
    if (!recording_) streamed_.push_back(exchange);
    return;
  }
  WaitFor(exchange.number, [&] { return exchange.work->isCompleted(); });
  Liveness::Trouble trouble;
  trouble.exchange = exchange.number;
  try {
    exchange.work->wait();
  } catch (const c10::Error& error) {
    trouble.text = FirstLine(error.what_without_backtrace());
  } catch (const std::exception& error) {
    trouble.text = FirstLine(error.what());
  }
  if (!trouble.text.empty()) Fail(trouble);
  --under_way_;
}

void C10dGroup::BeginRepeating() {
  ThrowIfOver();
  newest_ = parts_.liveness->Begin();
}

void C10dGroup::LookAtStreamed() {
  while (!streamed_.empty() && streamed_.front().work->isCompleted()) {
    const std::exception_ptr failure = streamed_.front().work->exception();
    Liveness::Trouble trouble;
    trouble.exchange = streamed_.front().number;
    streamed_.pop_front();
    if (failure == nullptr) continue;
    try {
      std::rethrow_exception(failure);
    } catch (const c10::Error& error) {
      trouble.text = FirstLine(error.what_without_backtrace());
    } catch (const std::exception& error) {
      trouble.text = FirstLine(error.what());
    }
    Fail(trouble);
  }
}

void C10dGroup::Await(const std::function<bool()>& done) {
  ThrowIfOver();
  WaitFor(streamed_.empty() ? newest_ : streamed_.front().number, [&] {
    LookAtStreamed();
    return done();
  });
}

void C10dGroup::Fail(const Liveness::Trouble& trouble) {
  failure_ = parts_.liveness->Conclude(trouble);
  if (parts_.abort) parts_.abort(*parts_.backend);
  ThrowIfOver();
  TORCH_CHECK(false, trouble.text);  // a verdict is never empty
}

void C10dGroup::ThrowIfOver() const {
  if (!failure_.empty()) C10_THROW_ERROR(DistError, failure_);
}

at::Tensor C10dGroup::Here(const at::Tensor& tensor) const {
  return tensor.device().type() == parts_.device.type()
             ? tensor
             : tensor.to(parts_.device);
}

at::Tensor C10dGroup::AllGather(const at::Tensor& local) {
  TORCH_CHECK(local.dim() > 0, "AllGather wants rows, got a scalar");
  const at::Tensor mine = Here(local.detach()).contiguous();
  std::vector<int64_t> shape = mine.sizes().vec();
  shape[0] *= size();
  at::Tensor all = at::empty(shape, mine.options());
  if (all.numel() == 0) return all.to(local.device());
  at::Tensor from = Bytes(mine), to = Bytes(all);
  Finish(Begin([&] { return parts_.backend->_allgather_base(to, from); }));
  return all.to(local.device());
}

void C10dGroup::AllReduceSum(at::Tensor& tensor) {
  BeginAllReduceSum(tensor)->Wait();
}

std::unique_ptr<ProcessGroup::Work> C10dGroup::BeginAllReduceSum(
    at::Tensor tensor) {
  TORCH_CHECK(tensor.is_contiguous(),
              "a sum over ranks wants its tensor "
              "contiguous");
  return std::make_unique<Sum>(*this, std::move(tensor));
}

void C10dGroup::Broadcast(at::Tensor& tensor, int64_t from) {
  TORCH_CHECK(tensor.is_contiguous(),
              "a broadcast wants its tensor contiguous");
  TORCH_CHECK(from >= 0 && from < size(), "no rank ", from, " among ", size());
  if (tensor.numel() == 0) return;
  const at::Tensor here = Here(tensor);
  std::vector<at::Tensor> tensors = {Bytes(here)};
  c10d::BroadcastOptions options;
  options.rootRank = from;
  Finish(Begin([&] { return parts_.backend->broadcast(tensors, options); }));
  if (!here.is_same(tensor)) tensor.detach().copy_(here);
}

void C10dGroup::Barrier() {
  at::Tensor nothing = at::zeros({1}, at::TensorOptions(parts_.device));
  AllReduceSum(nothing);
}

void C10dGroup::Abandon(const std::string& why) {
  if (!failure_.empty()) return;
  failure_ = absl::StrCat(NameOf(rank()), " gave up: ", FirstLine(why));
  parts_.liveness->Publish(failure_);
}

}  // namespace snclr
