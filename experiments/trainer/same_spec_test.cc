// SPDX-License-Identifier: MIT
#include "experiments/trainer/same_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/proto/spec.h"
#include "snclr/core/dist/thread_group_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ExperimentSpec Spec() {
  ExperimentSpec spec;
  spec.set_name("same");
  spec.mutable_moco_v3();
  spec.mutable_data()->mutable_procedural();
  const auto resolved = ResolveSpec(spec, "test");
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return resolved.value_or(spec);
}

TEST(SameSpecTest, WhatBelongsToAMachineMayDiffer) {
  const ExperimentSpec spec = Spec();
  OnRanks(3, [&](ProcessGroup& group) {
    const int own_number = 1 + static_cast<int>(group.rank());
    ExperimentSpec own = spec;
    own.mutable_data()->set_workers(own_number);
    own.mutable_parallelism()->set_threads(own_number);
    EXPECT_TRUE(CheckSameSpec(own, group).ok());
  });
}

// These decide what is exchanged when, although no number depends on them.
TEST(SameSpecTest, ANeutralFieldThatDiffersIsNamedWithBothValues) {
  const ExperimentSpec spec = Spec();
  OnRanks(3, [&](ProcessGroup& group) {
    ExperimentSpec own = spec;
    if (group.rank() == 2) {
      own.mutable_checkpoint()->set_every_steps(20);
      own.mutable_data()->set_workers(7);
    }
    const absl::Status status = CheckSameSpec(own, group);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr("rank 0 -> rank 2: checkpoint.every_steps"));
    EXPECT_THAT(message, HasSubstr("-> 20"));
    EXPECT_THAT(message, Not(HasSubstr("workers")));
  });
}

}  // namespace
}  // namespace snclr
