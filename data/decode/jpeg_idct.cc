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

// A row of eight values: 16 bits where they wait, 32 where they are summed.
using Row = int16_t __attribute__((vector_size(16)));
using WrappedRow = uint16_t __attribute__((vector_size(16)));
using WideRow = int32_t __attribute__((vector_size(32)));
using Sums = uint32_t __attribute__((vector_size(32)));

// Damaged files have coefficients that no picture has. Sums then wrap as
// libjpeg-turbo's do: three of them in 16 bits, the others in 32.
#define WIDE(row) ((Sums) __builtin_convertvector(row, WideRow))

// One pass over all eight columns of `in`, in place, with values between kLow
// and kHigh after kOffset. Vectors are variables here and no arguments: how
// those are passed depends on the processor.
template <int kShift, int kOffset, int kLow, int kHigh>
inline __attribute__((always_inline)) void Pass(Row* rows) {
  constexpr uint32_t kRound = 1 << (kShift - 1);
  const Sums in1 = WIDE(rows[1]), in2 = WIDE(rows[2]), in3 = WIDE(rows[3]);
  const Sums in5 = WIDE(rows[5]), in6 = WIDE(rows[6]), in7 = WIDE(rows[7]);
  const Sums turned = (in2 + in6) * k0_541196100;
  const Sums even2 = turned - in6 * k1_847759065;
  const Sums even3 = turned + in2 * k0_765366865;
  const Row added = (Row)((WrappedRow)rows[0] + (WrappedRow)rows[4]);
  const Row subtracted = (Row)((WrappedRow)rows[0] - (WrappedRow)rows[4]);
  const Sums even0 = (WIDE(added) << kFraction) + kRound;
  const Sums even1 = (WIDE(subtracted) << kFraction) + kRound;
  const Sums sum0 = even0 + even3, sum3 = even0 - even3;
  const Sums sum1 = even1 + even2, sum2 = even1 - even2;

  const Row rows37 = (Row)((WrappedRow)rows[3] + (WrappedRow)rows[7]);
  const Row rows15 = (Row)((WrappedRow)rows[1] + (WrappedRow)rows[5]);
  const Sums in37 = WIDE(rows37), in15 = WIDE(rows15);
  const Sums both = (in37 + in15) * k1_175875602;
  const Sums part1 = (in7 + in1) * k0_899976223;
  const Sums part2 = (in5 + in3) * k2_562915447;
  const Sums part3 = both - in37 * k1_961570560;
  const Sums part4 = both - in15 * k0_390180644;
  const Sums odd0 = in7 * k0_298631336 - part1 + part3;
  const Sums odd1 = in5 * k2_053119869 - part2 + part4;
  const Sums odd2 = in3 * k3_072711026 - part2 + part3;
  const Sums odd3 = in1 * k1_501321110 - part1 + part4;

  const Sums made[kSide] = {sum0 + odd3, sum1 + odd2, sum2 + odd1, sum3 + odd0,
                            sum3 - odd0, sum2 - odd1, sum1 - odd2, sum0 - odd3};
  for (int i = 0; i < kSide; ++i) {
    WideRow value = ((WideRow)made[i] >> kShift) + kOffset;
    value = value > kLow ? value : kLow - WideRow{};
    value = value < kHigh ? value : kHigh - WideRow{};
    rows[i] = __builtin_convertvector(value, Row);
  }
}

#undef WIDE

// Three rounds of interleaving rows that are four apart.
inline __attribute__((always_inline)) void Transpose(Row* rows) {
  for (int round = 0; round < 3; ++round) {
    Row next[kSide];
    for (int i = 0; i < kSide / 2; ++i) {
      next[2 * i] = __builtin_shufflevector(rows[i], rows[i + 4], 0, 8, 1, 9, 2,
                                            10, 3, 11);
      next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 4], 4, 12, 5,
                                                13, 6, 14, 7, 15);
    }
    for (int i = 0; i < kSide; ++i) rows[i] = next[i];
  }
}

}  // namespace

SNCLR_PIXEL_LOOP
void InverseDct(const int16_t* coefficients, const uint16_t* quantum,
                uint8_t* out, int64_t stride) {
  Row rows[kSide];
  for (int i = 0; i < kSide; ++i) {
    WrappedRow values, factors;
    std::memcpy(&values, coefficients + i * kSide, sizeof(values));
    std::memcpy(&factors, quantum + i * kSide, sizeof(factors));
    rows[i] = (Row)(values * factors);
  }
  Pass<kFirstShift, 0, INT16_MIN, INT16_MAX>(rows);
  Transpose(rows);
  Pass<kSecondShift, 128, 0, 255>(rows);
  Transpose(rows);
  using Bytes = uint8_t __attribute__((vector_size(8)));
  for (int y = 0; y < kSide; ++y) {
    const Bytes bytes = __builtin_convertvector(rows[y], Bytes);
    std::memcpy(out + y * stride, &bytes, sizeof(bytes));
  }
}

void InverseDctOfMean(int16_t coefficient, uint16_t quantum, uint8_t* out,
                      int64_t stride) {
  constexpr int kShift = kSecondShift - kFraction;
  const int value = static_cast<int16_t>(coefficient * quantum);
  const int kept = static_cast<int16_t>(value * (1 << kKept));
  const int mean = ((kept + (1 << (kShift - 1))) >> kShift) + 128;
  for (int y = 0; y < kSide; ++y) {
    std::memset(out + y * stride, std::clamp(mean, 0, 255), kSide);
  }
}

}  // namespace snclr
