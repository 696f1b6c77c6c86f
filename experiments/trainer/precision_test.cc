// SPDX-License-Identifier: MIT
#include "experiments/trainer/precision.h"

#include "gtest/gtest.h"

namespace snclr {
namespace {

const PrecisionSupport kOld = {false, "NVIDIA V100, 31.7 GiB"};
const PrecisionSupport kNew = {true, "NVIDIA H100, 79.1 GiB"};

TEST(PrecisionTest, Float16RunsEverywhere) {
  EXPECT_TRUE(CheckPrecision(FP16, c10::kCPU, kOld).ok());
  EXPECT_TRUE(CheckPrecision(FP16, c10::kCUDA, kOld).ok());
  EXPECT_TRUE(CheckPrecision(FP16, c10::kCUDA, kNew).ok());
}

TEST(PrecisionTest, AGpuWithoutBfloat16IsToldOfFloat16) {
  EXPECT_EQ(
      CheckPrecision(BF16, c10::kCUDA, kOld),
      absl::InvalidArgumentError(
          "precision: BF16 needs a GPU that has bfloat16 (compute capability "
          "8.0), which NVIDIA V100, 31.7 GiB has not: set precision=FP16"));
  EXPECT_TRUE(CheckPrecision(BF16, c10::kCUDA, kNew).ok());
  EXPECT_TRUE(CheckPrecision(BF16, c10::kCPU, kOld).ok());
}

TEST(PrecisionTest, Float32RunsEverywhere) {
  EXPECT_TRUE(CheckPrecision(FP32, c10::kCPU, kOld).ok());
  EXPECT_TRUE(CheckPrecision(FP32, c10::kCUDA, kOld).ok());
  EXPECT_TRUE(CheckPrecisionHere(FP32, c10::kCPU, "").ok());
}

}  // namespace
}  // namespace snclr
