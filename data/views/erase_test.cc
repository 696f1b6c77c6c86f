// SPDX-License-Identifier: MIT
#include "data/views/erase.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr int64_t kSide = 32;
constexpr float kUntouched = 100;  // noise is never this far out

EraseSpec Spec() {
  EraseSpec spec;
  spec.set_probability(0.25);
  spec.set_min_area(0.02);
  spec.set_max_area(1.0 / 3);
  spec.set_min_aspect(0.3);
  spec.set_max_aspect(1 / 0.3);
  return spec;
}

std::vector<float> Erased(const EraseSpec& spec, uint64_t seed) {
  std::vector<float> view(3 * kSide * kSide, kUntouched);
  Erase(spec, seed, kSide, view.data());
  return view;
}

TEST(EraseTest, FillsOneRectangleInAllChannelsWithNoise) {
  double sum = 0, squares = 0, share = 0;
  int64_t values = 0;
  constexpr int kViews = 400;
  for (uint64_t seed = 0; seed < kViews; ++seed) {
    const std::vector<float> view = Erased(Spec(), seed);
    int64_t top = kSide, bottom = -1, left = kSide, right = -1, erased = 0;
    for (int64_t y = 0; y < kSide; ++y) {
      for (int64_t x = 0; x < kSide; ++x) {
        const int64_t at = y * kSide + x;
        const bool is_erased = view[at] != kUntouched;
        for (int c = 1; c < 3; ++c) {
          EXPECT_EQ(view[c * kSide * kSide + at] != kUntouched, is_erased);
        }
        if (!is_erased) continue;
        ++erased;
        top = std::min(top, y), bottom = std::max(bottom, y);
        left = std::min(left, x), right = std::max(right, x);
        for (int c = 0; c < 3; ++c) {
          const double value = view[c * kSide * kSide + at];
          sum += value, squares += value * value, ++values;
        }
      }
    }
    EXPECT_EQ(erased, (bottom - top + 1) * (right - left + 1)) << seed;
    EXPECT_GT(erased, 0);
    share += static_cast<double>(erased) / (kSide * kSide) / kViews;
  }
  EXPECT_NEAR(sum / values, 0, 6 / std::sqrt(values));
  EXPECT_NEAR(squares / values, 1, 6 * std::sqrt(2.0 / values));
  // U(0.02, 1/3) has mean 0.177 and deviation 0.09; tall and wide ones of the
  // largest do not fit and are drawn again.
  EXPECT_NEAR(share, 0.17, 0.02);
}

TEST(EraseTest, IsAFunctionOfItsSeed) {
  EXPECT_EQ(Erased(Spec(), 5), Erased(Spec(), 5));
  EXPECT_NE(Erased(Spec(), 5), Erased(Spec(), 6));
}

TEST(EraseTest, ARectangleThatNeverFitsErasesNothing) {
  EraseSpec spec = Spec();
  spec.set_min_area(0.9);
  spec.set_max_area(1);
  spec.set_min_aspect(3);
  spec.set_max_aspect(3);
  EXPECT_EQ(Erased(spec, 1), std::vector<float>(3 * kSide * kSide, kUntouched));
}

}  // namespace
}  // namespace snclr
