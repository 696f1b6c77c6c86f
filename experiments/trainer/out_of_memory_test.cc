// SPDX-License-Identifier: MIT
#include "experiments/trainer/out_of_memory.h"

#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr int64_t kGib = 1 << 30;
constexpr char kTorch[] =
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total "
    "capacity of 79.11 GiB of which 1.20 GiB is free.";

ExperimentSpec Snclr(Precision precision) {
  ExperimentSpec spec;
  spec.mutable_snclr();
  spec.set_precision(precision);
  return spec;
}

TEST(OutOfMemoryTest, NamesTheBatchWhereTheStepTookMost) {
  EXPECT_EQ(
      DescribeOutOfMemory(Snclr(BF16), {79 * kGib, 78 * kGib, kGib / 2, kGib},
                          kTorch, "the step of 4096 images",
                          "data.global_batch"),
      "out of GPU memory (79.0 GiB; tried to allocate 2.00 GiB): weights and "
      "optimizer 0.5 GiB, bank 1.0 GiB, the rest 76.5 GiB, for the step of "
      "4096 images: lower data.global_batch");
}

TEST(OutOfMemoryTest, NamesTheBankWhereThatDid) {
  EXPECT_EQ(
      DescribeOutOfMemory(Snclr(FP32), {8 * kGib, 8 * kGib, 0, 7 * kGib}, "",
                          "the step of 8 images", "data.global_batch"),
      "out of GPU memory (8.0 GiB): weights and optimizer 0.0 GiB, bank "
      "7.0 GiB, the rest 1.0 GiB, for the step of 8 images: lower "
      "snclr.bank.rows");
}

TEST(OutOfMemoryTest, OffersHalfPrecisionToARunWithout) {
  ExperimentSpec spec;
  spec.mutable_moco_v3();
  spec.set_precision(FP32);
  EXPECT_EQ(
      DescribeOutOfMemory(spec, {8 * kGib, 8 * kGib, kGib, 0}, kTorch,
                          "an evaluation of 256 images at a time",
                          "evaluation.batch"),
      "out of GPU memory (8.0 GiB; tried to allocate 2.00 GiB): weights and "
      "optimizer 1.0 GiB, the rest 7.0 GiB, for an evaluation of 256 images at "
      "a time: lower evaluation.batch, or set precision=BF16");
}

}  // namespace
}  // namespace snclr
