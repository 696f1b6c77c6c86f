// SPDX-License-Identifier: MIT
#include "data/decode/jpeg_idct.h"

#include <algorithm>
#include <cstring>

#include "data/views/simd.h"

namespace snclr {
namespace {

constexpr int kSide = 8;

// cos and sin of multiples of pi/16, combined as the algorithm needs them.
constexpr int kFraction = 13;
constexpr uint32_t k0_298631336 = 2446;
constexpr uint32_t k0_390180644 = 3196;
constexpr uint32_t k0_541196100 = 4433;
constexpr uint32_t k0_765366865 = 6270;
constexpr uint32_t k0_899976223 = 7373;
constexpr uint32_t k1_175875602 = 9633;
constexpr uint32_t k1_501321110 = 12299;
constexpr uint32_t k1_847759065 = 15137;
constexpr uint32_t k1_961570560 = 16069;
constexpr uint32_t k2_053119869 = 16819;
constexpr uint32_t k2_562915447 = 20995;
constexpr uint32_t k3_072711026 = 25172;

// Between the passes values keep two more bits; the second one also divides by
// 8, the transform's scale.
constexpr int kKept = 2;
constexpr int kFirstShift = kFraction - kKept;
constexpr int kSecondShift = kFraction + kKept + 3;

template <int kLow, int kHigh>
inline int16_t Clamp(int value) {
  value = value > kLow ? value : kLow;
  return static_cast<int16_t>(value < kHigh ? value : kHigh);
}

// Damaged files have coefficients that no picture has. Sums then wrap as
// libjpeg-turbo's do: three of them in 16 bits, the others in 32.
inline uint32_t Short(int value) { return static_cast<int16_t>(value); }

// One pass over all eight columns of `in`, each of which becomes a column of
// `out`, with values between kLow and kHigh after kOffset.
template <int kShift, int kOffset, int kLow, int kHigh>
inline void Pass(const int16_t* __restrict in, int16_t* __restrict out) {
  constexpr uint32_t kRound = 1 << (kShift - 1);
  for (int i = 0; i < kSide; ++i) {
    const uint32_t in1 = in[8 + i], in2 = in[16 + i], in3 = in[24 + i];
    const uint32_t in5 = in[40 + i], in6 = in[48 + i], in7 = in[56 + i];
    const uint32_t turned = (in2 + in6) * k0_541196100;
    const uint32_t even2 = turned - in6 * k1_847759065;
    const uint32_t even3 = turned + in2 * k0_765366865;
    const uint32_t even0 = Short(in[i] + in[32 + i]) << kFraction;
    const uint32_t even1 = Short(in[i] - in[32 + i]) << kFraction;
    const uint32_t sum0 = even0 + even3 + kRound, sum3 = even0 - even3 + kRound;
    const uint32_t sum1 = even1 + even2 + kRound, sum2 = even1 - even2 + kRound;

    const uint32_t in37 = Short(in[24 + i] + in[56 + i]);
    const uint32_t in15 = Short(in[8 + i] + in[40 + i]);
    const uint32_t both = (in37 + in15) * k1_175875602;
    const uint32_t part1 = (in7 + in1) * k0_899976223;
    const uint32_t part2 = (in5 + in3) * k2_562915447;
    const uint32_t part3 = both - in37 * k1_961570560;
    const uint32_t part4 = both - in15 * k0_390180644;
    const uint32_t odd0 = in7 * k0_298631336 - part1 + part3;
    const uint32_t odd1 = in5 * k2_053119869 - part2 + part4;
    const uint32_t odd2 = in3 * k3_072711026 - part2 + part3;
    const uint32_t odd3 = in1 * k1_501321110 - part1 + part4;

    const auto scaled = [](uint32_t value) {
      return Clamp<kLow, kHigh>((static_cast<int>(value) >> kShift) + kOffset);
    };
    out[i] = scaled(sum0 + odd3);
    out[8 + i] = scaled(sum1 + odd2);
    out[16 + i] = scaled(sum2 + odd1);
    out[24 + i] = scaled(sum3 + odd0);
    out[32 + i] = scaled(sum3 - odd0);
    out[40 + i] = scaled(sum2 - odd1);
    out[48 + i] = scaled(sum1 - odd2);
    out[56 + i] = scaled(sum0 - odd3);
  }
}

using Row = int16_t __attribute__((vector_size(16)));

inline Row Low(Row a, Row b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
inline Row High(Row a, Row b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

// Three rounds of interleaving rows that are four apart.
inline void Transpose(const int16_t* in, int16_t* out) {
  Row rows[kSide], next[kSide];
  std::memcpy(rows, in, sizeof(rows));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kSide / 2; ++i) {
      next[2 * i] = Low(rows[i], rows[i + 4]);
      next[2 * i + 1] = High(rows[i], rows[i + 4]);
    }
    for (int i = 0; i < kSide; ++i) rows[i] = next[i];
  }
  std::memcpy(out, rows, sizeof(rows));
}

}  // namespace

SNCLR_PIXEL_LOOP
void InverseDct(const int16_t* coefficients, const uint16_t* quantum,
                uint8_t* out, int64_t stride) {
  alignas(64) int16_t a[kSide * kSide];
  alignas(64) int16_t b[kSide * kSide];
  for (int i = 0; i < kSide * kSide; ++i) {
    a[i] = static_cast<int16_t>(coefficients[i] * quantum[i]);
  }
  Pass<kFirstShift, 0, INT16_MIN, INT16_MAX>(a, b);
  Transpose(b, a);
  Pass<kSecondShift, 128, 0, 255>(a, b);
  Transpose(b, a);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      out[y * stride + x] = static_cast<uint8_t>(a[y * kSide + x]);
    }
  }
}

void InverseDctOfMean(int16_t coefficient, uint16_t quantum, uint8_t* out,
                      int64_t stride) {
  constexpr int kShift = kSecondShift - kFraction;
  const int value = static_cast<int16_t>(coefficient * quantum);
  const int kept = static_cast<int16_t>(value * (1 << kKept));
  const int mean = ((kept + (1 << (kShift - 1))) >> kShift) + 128;
  for (int y = 0; y < kSide; ++y) {
    std::memset(out + y * stride, Clamp<0, 255>(mean), kSide);
  }
}

}  // namespace snclr
