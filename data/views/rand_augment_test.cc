// SPDX-License-Identifier: MIT
#include "data/views/rand_augment.h"

#include <cmath>
#include <map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

using ::testing::Each;

constexpr int64_t kSide = 16;
constexpr float kFill[] = {124, 116, 104};

RandAugmentSpec Spec() {
  RandAugmentSpec spec;
  spec.set_operations(2);
  spec.set_probability(0.5);
  spec.set_magnitude(9);
  spec.set_magnitude_std(0.5);
  return spec;
}

// A smooth image whose channels differ.
std::vector<float> Picture() {
  std::vector<float> planes(3 * kSide * kSide);
  for (size_t i = 0; i < planes.size(); ++i) {
    planes[i] = 128 + 100 * std::sin(0.11f * i + i / (kSide * kSide));
  }
  return planes;
}

std::vector<float> After(RandOperation operation, double level,
                         bool is_negative = false) {
  DrawnRandAugment drawn;
  drawn.count = 1;
  drawn.operations[0] = {operation, level, is_negative};
  std::vector<float> planes = Picture();
  ApplyRandAugment(drawn, kFill, kSide, planes.data());
  return planes;
}

TEST(DrawRandAugmentTest, DrawsEachOperationAndAppliesHalfOfThem) {
  constexpr int kDraws = 15000;
  std::map<RandOperation, int> count;
  int applied = 0, negative = 0;
  double levels = 0, squares = 0;
  for (uint64_t i = 0; i < kDraws; ++i) {
    Random random(3, {i});
    const DrawnRandAugment drawn = DrawRandAugment(Spec(), random);
    for (int k = 0; k < drawn.count; ++k) {
      const DrawnOperation& one = drawn.operations[k];
      ++applied;
      ++count[one.operation];
      negative += one.is_negative;
      levels += one.level;
      squares += (one.level - 9) * (one.level - 9);
      EXPECT_LE(one.level, 10);
    }
  }
  // Six standard deviations each.
  EXPECT_NEAR(applied, kDraws, 6 * std::sqrt(kDraws / 2.0));
  EXPECT_NEAR(negative, applied / 2.0, 6 * std::sqrt(applied) / 2);
  EXPECT_EQ(count.size(), kRandOperations);
  for (const auto& [operation, times] : count) {
    EXPECT_NEAR(times, 1000, 6 * std::sqrt(1000.0))
        << static_cast<int>(operation);
  }
  // The 2.3 % above 10 are cut to it: the mean falls by 0.5 x 0.0085.
  EXPECT_NEAR(levels / applied, 9 - 0.00425, 6 * 0.5 / std::sqrt(kDraws));
  EXPECT_NEAR(std::sqrt(squares / applied), 0.49, 0.02);
}

TEST(DrawRandAugmentTest, AsManyDrawsWhateverTheProbability) {
  RandAugmentSpec never = Spec();
  never.set_probability(0);
  Random a(1, {2}), b(1, {2});
  EXPECT_EQ(DrawRandAugment(never, a).count, 0);
  DrawRandAugment(Spec(), b);
  EXPECT_EQ(a.Bits(), b.Bits());
}

TEST(ApplyRandAugmentTest, LevelZeroChangesNothingThatHasALevel) {
  for (int i = 0; i < kRandOperations; ++i) {
    const auto operation = static_cast<RandOperation>(i);
    const bool has_no_level = operation == RandOperation::kAutoContrast ||
                              operation == RandOperation::kEqualize ||
                              operation == RandOperation::kInvert ||
                              operation == RandOperation::kPosterize;
    if (has_no_level) continue;
    const std::vector<float> after = After(operation, 0);
    const std::vector<float> before = Picture();
    for (size_t k = 0; k < after.size(); ++k) {
      EXPECT_NEAR(after[k], before[k], 1e-3) << i;
    }
  }
}

TEST(ApplyRandAugmentTest, EveryOperationStaysInRangeAndChangesTheImage) {
  for (int i = 0; i < kRandOperations; ++i) {
    for (const bool is_negative : {false, true}) {
      const std::vector<float> after =
          After(static_cast<RandOperation>(i), 9, is_negative);
      EXPECT_NE(after, Picture()) << i;
      EXPECT_THAT(after, Each(::testing::AllOf(::testing::Ge(0.f),
                                               ::testing::Le(255.f))))
          << i;
    }
  }
}

TEST(ApplyRandAugmentTest, LevelsMeanWhatTheHeaderSays) {
  const std::vector<float> picture = Picture();
  const std::vector<float> brighter = After(RandOperation::kBrightness, 5);
  EXPECT_NEAR(brighter[0], std::min(255.f, picture[0] * 1.45f), 1e-3);
  const std::vector<float> darker = After(RandOperation::kBrightness, 5, true);
  EXPECT_NEAR(darker[0], picture[0] * 0.55f, 1e-3);
  // 0.45 x 16 x 10/10 = 7.2 pixels: the last seven columns come from outside.
  const std::vector<float> shifted = After(RandOperation::kTranslateX, 10);
  for (int64_t x = 0; x < kSide; ++x) {
    EXPECT_EQ(shifted[x] == kFill[0], x >= kSide - 7) << x;
  }
  // 256 - 230 = 26 and up is inverted, which is all of this image.
  const std::vector<float> solarized = After(RandOperation::kSolarize, 9);
  EXPECT_FLOAT_EQ(solarized[5], 255 - picture[5]);
  // One bit is left.
  for (const float value : After(RandOperation::kPosterize, 9)) {
    EXPECT_TRUE(value == 0 || value == 128) << value;
  }
}

}  // namespace
}  // namespace snclr
