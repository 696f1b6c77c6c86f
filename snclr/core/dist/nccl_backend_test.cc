// SPDX-License-Identifier: MIT
// NCCL with one rank on one GPU: a group of one that exchanges with itself,
// which JoinGroup would spare itself.
#include "snclr/core/dist/nccl_backend.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>

#include <memory>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/dist/c10d_group.h"
#include "snclr/core/dist/free_port.h"
#include "snclr/core/dist/liveness.h"
#include "snclr/core/dist/meeting_point.h"

namespace snclr {
namespace {

constexpr char kHere[] = "127.0.0.1";
constexpr absl::Duration kLimit = absl::Seconds(30);

std::unique_ptr<C10dGroup> GroupOfOne() {
  const auto port = FreePort();
  if (!port.ok()) return nullptr;
  auto point =
      MeetingPoint::Open(kHere, *port, /*serve=*/true, {kLimit, kLimit});
  auto beats =
      MeetingPoint::Open(kHere, *port, /*serve=*/false, {kLimit, kLimit});
  if (!point.ok() || !beats.ok()) return nullptr;
  C10dGroup::Parts parts;
  parts.backend = MakeNcclBackend((*point)->store(), 0, 1, kLimit);
  parts.point = *std::move(point);
  Liveness::Options liveness;
  liveness.names = {"rank 0"};
  parts.liveness = std::make_unique<Liveness>(*std::move(beats), liveness);
  parts.names = liveness.names;
  parts.timeout = kLimit;
  parts.device = at::kCUDA;
  parts.abort = AbortNccl;
  return std::make_unique<C10dGroup>(std::move(parts));
}

at::Tensor Ramp(at::ScalarType type, at::Device device) {
  return at::arange(24).view({4, 6}).to(device, type);
}

TEST(NcclBackendTest, OneRankGetsBackWhatItGives) {
  SNCLR_NEEDS_GPU();
  ASSERT_TRUE(NcclIsThere().ok());
  const auto group = GroupOfOne();
  ASSERT_NE(group, nullptr);
  // On the CPU lie what ranks tell each other in words, and their counters.
  for (const at::Device device :
       {at::Device(at::kCUDA), at::Device(at::kCPU)}) {
    for (const at::ScalarType type :
         {at::kFloat, at::kDouble, at::kLong, at::kBFloat16, at::kBool}) {
      const at::Tensor wanted = Ramp(type, device);
      const at::Tensor all = group->AllGather(wanted);
      EXPECT_EQ(all.device(), wanted.device());
      EXPECT_TRUE(at::equal(all, wanted)) << "gather of " << type;
      at::Tensor sum = wanted.clone();
      group->AllReduceSum(sum);
      EXPECT_TRUE(at::equal(sum, wanted)) << "sum of " << type;
      at::Tensor broadcast = wanted.clone();
      group->Broadcast(broadcast, 0);
      EXPECT_TRUE(at::equal(broadcast, wanted)) << "broadcast of " << type;
    }
  }
  group->Barrier();
}

TEST(NcclBackendTest, SumsGoOnWhileOthersBegin) {
  SNCLR_NEEDS_GPU();
  const auto group = GroupOfOne();
  ASSERT_NE(group, nullptr);
  std::vector<at::Tensor> tensors;
  std::vector<std::unique_ptr<ProcessGroup::Work>> works;
  for (int i = 0; i < 6; ++i) {
    tensors.push_back(
        at::full({1 << 20}, i, at::TensorOptions(at::kCUDA).dtype(at::kFloat)));
    works.push_back(group->BeginAllReduceSum(tensors.back()));
  }
  for (int i = 5; i >= 0; --i) {
    works[i]->Wait();
    EXPECT_TRUE(at::equal(tensors[i], at::full_like(tensors[i], i)));
  }
}

}  // namespace
}  // namespace snclr
