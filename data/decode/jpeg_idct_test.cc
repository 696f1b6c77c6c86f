// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_idct.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "snclr/core/base/random.h"

namespace snclr {
namespace {

constexpr int kStride = 11;  // rows need not be neighbours

// The definition, in doubles (ITU-T T.81, A.3.3), and 128.
void Defined(const double* coefficients, double* out) {
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x) {
      double sum = 0;
      for (int v = 0; v < 8; ++v) {
        for (int u = 0; u < 8; ++u) {
          sum += (u == 0 ? std::sqrt(0.5) : 1) * (v == 0 ? std::sqrt(0.5) : 1) *
                 coefficients[8 * v + u] *
                 std::cos((2 * x + 1) * u * M_PI / 16) *
                 std::cos((2 * y + 1) * v * M_PI / 16);
        }
      }
      out[8 * y + x] = std::clamp(sum / 4 + 128, 0.0, 255.0);
    }
  }
}

TEST(InverseDctTest, IsTheDefinitionRounded) {
  Random random(5, {0});
  for (int repeat = 0; repeat < 50; ++repeat) {
    int16_t coefficients[64];
    uint16_t quantum[64];
    double products[64], expected[64];
    for (int i = 0; i < 64; ++i) {
      coefficients[i] = static_cast<int16_t>(random.Below(21)) - 10;
      quantum[i] = static_cast<uint16_t>(1 + random.Below(12));
      products[i] = coefficients[i] * quantum[i];
    }
    Defined(products, expected);
    uint8_t out[8 * kStride];
    InverseDct(coefficients, quantum, out, kStride);
    for (int i = 0; i < 64; ++i) {
      // Half a level of rounding, and the fixed point's own error.
      ASSERT_NEAR(out[i / 8 * kStride + i % 8], expected[i], 0.6) << i;
    }
  }
}

TEST(InverseDctTest, AMeanAloneGivesOneLevel) {
  for (int mean = -1100; mean <= 1100; mean += 7) {
    int16_t coefficients[64] = {static_cast<int16_t>(mean)};
    uint16_t quantum[64] = {1};
    uint8_t out[8 * kStride], same[8 * kStride];
    InverseDct(coefficients, quantum, out, kStride);
    InverseDctOfMean(coefficients[0], quantum[0], same, kStride);
    const int level = static_cast<int>(
        std::clamp(std::floor(mean / 8.0 + 0.5) + 128, 0.0, 255.0));
    for (int i = 0; i < 64; ++i) {
      ASSERT_EQ(out[i / 8 * kStride + i % 8], level) << mean;
      ASSERT_EQ(same[i / 8 * kStride + i % 8], level) << mean;
    }
  }
}

}  // namespace
}  // namespace snclr
