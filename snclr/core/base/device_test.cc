// SPDX-License-Identifier: MIT
#include "snclr/core/base/device.h"

#include <ATen/Context.h>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "snclr/core/base/gpu_facts.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ParseDeviceChoiceTest, TakesThreeWordsInAnyCase) {
  EXPECT_EQ(*ParseDeviceChoice("auto"), DeviceChoice::kAuto);
  EXPECT_EQ(*ParseDeviceChoice("CPU"), DeviceChoice::kCpu);
  EXPECT_EQ(*ParseDeviceChoice("Cuda"), DeviceChoice::kCuda);
  EXPECT_EQ(
      ParseDeviceChoice("gpu").status(),
      absl::InvalidArgumentError("device: 'gpu' is none of auto, cpu, cuda"));
}

TEST(OpenDeviceTest, TheCpuIsAlwaysThereAndNeedsNoWord) {
  const auto opened = OpenDevice(DeviceChoice::kCpu);
  ASSERT_TRUE(opened.ok());
  EXPECT_TRUE(opened->device.is_cpu());
  EXPECT_THAT(opened->note, IsEmpty());
}

TEST(OpenDeviceTest, AutoTakesWhatThereIsAndTellsWhyItIsNoGpu) {
  const auto opened = OpenDevice(DeviceChoice::kAuto, /*local_rank=*/64);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->device.is_cuda(), at::hasCUDA());
  if (at::hasCUDA()) {
    EXPECT_THAT(opened->name, HasSubstr(" GiB"));
  } else if (BuiltForGpus()) {
    EXPECT_THAT(opened->note, HasSubstr("runs on the CPU: "));
  } else {
    EXPECT_THAT(opened->note, IsEmpty());
  }
}

TEST(OpenDeviceTest, WhatWasAskedForIsNotReplacedSilently) {
  const auto opened = OpenDevice(DeviceChoice::kCuda);
  if (at::hasCUDA()) {
    EXPECT_TRUE(opened.ok()) << opened.status();
    return;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status()));
  EXPECT_THAT(opened.status().message(), HasSubstr("device cuda: "));
  EXPECT_THAT(opened.status().message(), Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace snclr
