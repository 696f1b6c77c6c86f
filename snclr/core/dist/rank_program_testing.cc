// SPDX-License-Identifier: MIT
// One rank of a group, for tests: its place comes from the environment as in a
// run, what it does from flags.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gflags/gflags.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/join_group.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/dist/rendezvous.h"

DEFINE_string(role, "exchange",
              "join: no more than that; collectives: check each of them; "
              "exchange: sums again and again, --exchanges times");
DEFINE_double(timeout, 30, "seconds that an exchange may take");
DEFINE_double(join_timeout, 30, "seconds to wait for the other ranks");
DEFINE_double(delay, 0, "seconds before it joins");
DEFINE_double(end_within, 30, "seconds that a rank which hangs has to end");
DEFINE_int32(exchanges, 1000000, "how many sums the role exchange makes");
DEFINE_int32(elements, 1 << 20, "how many floats each of them adds up");
DEFINE_int32(pause_ms, 0, "milliseconds between two of them");
DEFINE_int32(doomed, -1, "the rank that does the deed");
DEFINE_int32(after, 5, "after how many exchanges it does");
DEFINE_string(deed, "",
              "kill or stop: itself, within an exchange; hang: instead of one; "
              "leave, abandon: instead of one");
DEFINE_string(spec_hash, "same", "what has to be the same on all ranks");

namespace snclr {
namespace {

void CheckGather(ProcessGroup& group, at::ScalarType type) {
  const int64_t ranks = group.size();
  const at::Tensor ramp =
      at::arange(ranks).repeat_interleave(2).unsqueeze(1).expand({-1, 3});
  const at::Tensor wanted = ramp.to(type);
  at::Tensor local = wanted.narrow(0, 2 * group.rank(), 2);
  const at::Tensor all = group.AllGather(local);  // not contiguous
  TORCH_CHECK(at::equal(all, wanted), "gather of ", type, ": ", all);
  TORCH_CHECK(all.scalar_type() == type, "gather of ", type);
  TORCH_CHECK(
      group.AllGather(at::empty({0, 3}, at::TensorOptions(type))).numel() == 0,
      "gather of nothing");
}

void CheckSum(ProcessGroup& group, at::ScalarType type) {
  const int64_t ranks = group.size();
  at::Tensor sum = at::full({5, 2}, group.rank() + 1, at::TensorOptions(type));
  group.AllReduceSum(sum);
  const at::Tensor wanted =
      at::full({5, 2}, ranks * (ranks + 1) / 2, at::TensorOptions(type));
  TORCH_CHECK(at::equal(sum, wanted), "sum of ", type, ": ", sum);
}

void CheckBroadcast(ProcessGroup& group, at::ScalarType type) {
  for (int64_t from = 0; from < group.size(); ++from) {
    at::Tensor one = at::full({}, group.rank() % 2, at::TensorOptions(type));
    group.Broadcast(one, from);
    TORCH_CHECK(one.item<double>() == static_cast<double>(from % 2),
                "broadcast of ", type, " from ", from, ": ", one);
  }
}

// 256 and halves: 256 + 0.5 is 256 again where each sum is rounded to bfloat16.
void CheckRoundedOnce(ProcessGroup& group) {
  at::Tensor sum =
      at::full({3}, group.rank() == 0 ? 256.0 : 0.75, at::kBFloat16);
  group.AllReduceSum(sum);
  const at::Tensor wanted =
      at::full({3}, 256 + 0.75 * static_cast<double>(group.size() - 1))
          .to(at::kBFloat16);
  TORCH_CHECK(at::equal(sum, wanted), "sum of bfloat16: ", sum, " ", wanted);
}

void CheckSeveralInFlight(ProcessGroup& group) {
  std::vector<at::Tensor> tensors;
  std::vector<std::unique_ptr<ProcessGroup::Work>> works;
  for (int64_t i = 0; i < 6; ++i) {
    tensors.push_back(at::full({1000 * i}, group.rank() * 10 + i,
                               i % 2 == 0 ? at::kFloat : at::kBFloat16));
    works.push_back(group.BeginAllReduceSum(tensors.back()));
  }
  at::Tensor between = at::ones({2});
  group.AllReduceSum(between);
  for (int64_t i = 5; i >= 0; --i) {
    works[i]->Wait();
    const int64_t ranks = group.size();
    const at::Tensor wanted =
        at::full_like(tensors[i], 10 * ranks * (ranks - 1) / 2 + ranks * i);
    TORCH_CHECK(at::equal(tensors[i], wanted), "sum ", i, " of several");
  }
}

void CheckAll(ProcessGroup& group) {
  for (const at::ScalarType type :
       {at::kFloat, at::kDouble, at::kLong, at::kInt, at::kBool, at::kBFloat16,
        at::kHalf, at::kByte}) {
    CheckGather(group, type);
    CheckSum(group, type);
    CheckBroadcast(group, type);
  }
  CheckRoundedOnce(group);
  CheckSeveralInFlight(group);
}

// True where this rank is to end with it.
bool DoDeed(ProcessGroup& group, at::Tensor& tensor) {
  if (FLAGS_deed == "kill" || FLAGS_deed == "stop") {
    const auto work = group.BeginAllReduceSum(tensor);
    kill(getpid(), FLAGS_deed == "kill" ? SIGKILL : SIGSTOP);
    work->Wait();
  } else if (FLAGS_deed == "hang") {
    for (;;) pause();
  } else if (FLAGS_deed == "abandon") {
    group.Abandon("step 7: the loss is not a number");
    return true;
  } else if (FLAGS_deed == "leave") {
    return true;
  }
  return false;
}

absl::Status Exchange(ProcessGroup& group) {
  at::Tensor tensor = at::zeros({FLAGS_elements});
  for (int i = 0; i < FLAGS_exchanges; ++i) {
    if (group.rank() == FLAGS_doomed && i == FLAGS_after &&
        DoDeed(group, tensor)) {
      return absl::CancelledError("did the deed");
    }
    group.AllReduceSum(tensor);
    if (i == 0) std::printf("exchanging\n");
    std::fflush(stdout);
    if (FLAGS_pause_ms > 0) usleep(1000 * FLAGS_pause_ms);
  }
  group.Barrier();
  return absl::OkStatus();
}

absl::Status Run() {
  GroupOptions options;
  ASSIGN_OR_RETURN(options.place, FindRendezvous("", 0));
  options.timeout = absl::Seconds(FLAGS_timeout);
  options.join_timeout = absl::Seconds(FLAGS_join_timeout);
  options.end_within = absl::Seconds(FLAGS_end_within);
  options.must_agree = {{"spec", FLAGS_spec_hash}};
  absl::SleepFor(absl::Seconds(FLAGS_delay));
  ASSIGN_OR_RETURN(const auto group, JoinGroup(options));
  return CatchTorch([&]() -> absl::Status {
    if (FLAGS_role == "collectives") CheckAll(*group);
    if (FLAGS_role == "exchange") {
      RETURN_IF_ERROR(Exchange(*group));
    }
    group->Barrier();
    std::printf("done: %s of %d\n", group->NameOf(group->rank()).c_str(),
                static_cast<int>(group->size()));
    return absl::OkStatus();
  });
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine("One rank of a group.", {}, argc, argv);
  return snclr::ExitStatus(snclr::Run());
}
