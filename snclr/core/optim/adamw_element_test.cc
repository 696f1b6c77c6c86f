// SPDX-License-Identifier: MIT
// What the GPU's kernel does at each of its places, done here by a loop.
#include "snclr/core/optim/adamw_element.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/optim/adamw_kernel.h"

namespace snclr {
namespace {

// A stretch of memory with every array of its own.
template <typename T>
struct Stretch {
  explicit Stretch(int64_t n)
      : gradients(n), values(n), exp_avg(n), exp_avg_sq(n), momentum(n) {
    for (int64_t i = 0; i < n; ++i) {
      gradients[i] = std::sin(0.7 * i) * std::pow(10.0, i % 7 - 3);
      values[i] = std::cos(0.3 * i);
      exp_avg[i] = 0.1 * std::sin(1.1 * i);
      exp_avg_sq[i] = 0.01 * (1 + std::cos(0.9 * i));
      momentum[i] = -values[i];
    }
  }

  AdamWStretch<T> Of(bool decays, bool with_momentum) {
    AdamWStretch<T> stretch{};
    stretch.n = gradients.size();
    stretch.decays = decays;
    stretch.values = values.data();
    stretch.gradients = gradients.data();
    stretch.exp_avg = exp_avg.data();
    stretch.exp_avg_sq = exp_avg_sq.data();
    if (with_momentum) stretch.momentum = momentum.data();
    return stretch;
  }

  std::vector<T> gradients, values, exp_avg, exp_avg_sq, momentum;
};

template <typename T>
class AdamWPacksTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(AdamWPacksTest, Types);

TYPED_TEST(AdamWPacksTest, MakeTheBitsOfTheCpusKernel) {
  constexpr int64_t kSize = 16 * 33;
  const AdamWStep step = {0.5, 1 - 1e-4, 0.9, 0.999, 3e-3, 0.2, 1e-8, 0.99};
  for (const bool decays : {true, false}) {
    for (const bool with_momentum : {true, false}) {
      Stretch<TypeParam> cpu(kSize), gpu(kSize);
      AdamWUpdate(step, cpu.Of(decays, with_momentum));
      const AdamWPacks<TypeParam> packs = {{step, decays},
                                           gpu.Of(decays, with_momentum)};
      // Any order will do.
      for (int64_t i = kSize / packs.kElements - 1; i >= 0; --i) packs(i);
      EXPECT_EQ(cpu.values, gpu.values);
      EXPECT_EQ(cpu.exp_avg, gpu.exp_avg);
      EXPECT_EQ(cpu.exp_avg_sq, gpu.exp_avg_sq);
      EXPECT_EQ(cpu.momentum, gpu.momentum);
      EXPECT_EQ(cpu.gradients, gpu.gradients);
    }
  }
}

TYPED_TEST(AdamWPacksTest, FindTheirNumbersInMemory) {
  constexpr int64_t kSize = 16 * 3;
  using Packs = AdamWPacks<TypeParam>;
  const AdamWConstants constants = {0.1, 0.9, 0.999, 1e-8};
  StepNumbers numbers = {1e-3, 0.99, 0.19, 0.0447, 7, 0.5, 0};
  AdamWStep step{};
  MakeAdamWStep{constants, &numbers, nullptr, &step}(0);
  EXPECT_EQ(step.gradient_scale, 0.5);
  EXPECT_EQ(step.keep, 1 - 1e-3 * 0.1);
  EXPECT_EQ(step.step_size, 1e-3 / 0.19);
  EXPECT_EQ(step.root, 0.0447);
  EXPECT_EQ(step.ema, 0.99);
  Stretch<TypeParam> told(kSize), found(kSize), untouched(kSize);
  for (int64_t i = 0; i < kSize / Packs::kElements; ++i) {
    Packs{{step, true}, told.Of(true, true)}(i);
    AdamWPacksOf<TypeParam>{&step, &numbers, found.Of(true, true)}(i);
  }
  EXPECT_EQ(told.values, found.values);
  EXPECT_EQ(told.exp_avg, found.exp_avg);
  EXPECT_EQ(told.exp_avg_sq, found.exp_avg_sq);
  EXPECT_EQ(told.momentum, found.momentum);
  EXPECT_NE(told.values, untouched.values);

  numbers.skip = 1;
  Stretch<TypeParam> skipped(kSize);
  for (int64_t i = 0; i < kSize / Packs::kElements; ++i) {
    AdamWPacksOf<TypeParam>{&step, &numbers, skipped.Of(true, true)}(i);
  }
  EXPECT_EQ(skipped.values, untouched.values);
  EXPECT_EQ(skipped.exp_avg, untouched.exp_avg);
  EXPECT_EQ(skipped.exp_avg_sq, untouched.exp_avg_sq);
  EXPECT_EQ(skipped.momentum, untouched.momentum);
}

TEST(AdamWStepOfTest, CorrectsByTheStepsThatTheDeviceHasCounted) {
  const AdamWConstants constants = {0.1, 0.9, 0.999, 1e-8};
  const StepNumbers numbers = {1e-3, 0.99, 0, 0, 7, 0.5, 0};
  const int64_t taken = 7;
  const AdamWStep step = AdamWStepOf(constants, numbers, &taken);
  EXPECT_NEAR(step.step_size, 1e-3 / (1 - std::pow(0.9, 7)), 1e-16);
  EXPECT_NEAR(step.root, std::sqrt(1 - std::pow(0.999, 7)), 1e-14);
}

}  // namespace
}  // namespace snclr
