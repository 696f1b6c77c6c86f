// SPDX-License-Identifier: MIT
// What the GPU's kernel does at each of its places, done here by a loop.
#include "snclr/core/optim/momentum_element.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/optim/momentum_kernel.h"

namespace snclr {
namespace {

template <typename T>
struct Stretch {
  explicit Stretch(int64_t n) : gradients(n), values(n), velocity(n), copy(n) {
    for (int64_t i = 0; i < n; ++i) {
      gradients[i] = std::sin(0.7 * i) * std::pow(10.0, i % 7 - 3);
      values[i] = std::cos(0.3 * i);
      velocity[i] = 0.1 * std::sin(1.1 * i);
      copy[i] = -values[i];
    }
  }

  MomentumStretch<T> Of(double ratio, bool with_copy) {
    return {static_cast<int64_t>(values.size()),
            /*weight_decay=*/0.01,
            ratio,
            values.data(),
            gradients.data(),
            velocity.data(),
            with_copy ? copy.data() : nullptr};
  }

  bool operator==(const Stretch& other) const {
    return values == other.values && velocity == other.velocity &&
           copy == other.copy && gradients == other.gradients;
  }

  std::vector<T> gradients, values, velocity, copy;
};

template <typename T>
class MomentumPlacesTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(MomentumPlacesTest, Types);

TYPED_TEST(MomentumPlacesTest, MakeTheBitsOfTheCpusKernel) {
  constexpr int64_t kSize = 531;
  const StepNumbers numbers = {0.3, 0.99, 0, 0, 7, 0.5, 0};
  const double ratio = 0.7;
  for (const bool with_copy : {true, false}) {
    Stretch<TypeParam> cpu(kSize), gpu(kSize);
    MomentumUpdate({0.5, 0.9, 0.3, 0.99}, cpu.Of(ratio, with_copy));
    const MomentumPlaces<TypeParam> places = {&numbers, 0.9, &ratio,
                                              gpu.Of(/*ratio=*/1, with_copy)};
    for (int64_t i = kSize - 1; i >= 0; --i) places(i);
    EXPECT_TRUE(cpu == gpu);
    EXPECT_FALSE(gpu == Stretch<TypeParam>(kSize));
  }
}

TYPED_TEST(MomentumPlacesTest, DoNothingInASkippedStep) {
  constexpr int64_t kSize = 31;
  const StepNumbers numbers = {0.3, 0.99, 0, 0, 7, 0.5, /*skip=*/1};
  Stretch<TypeParam> gpu(kSize);
  const MomentumPlaces<TypeParam> places = {&numbers, 0.9, nullptr,
                                            gpu.Of(1, true)};
  for (int64_t i = 0; i < kSize; ++i) places(i);
  EXPECT_TRUE(gpu == Stretch<TypeParam>(kSize));
}

}  // namespace
}  // namespace snclr
