// SPDX-License-Identifier: MIT
// Randomness as a function of where it is used, never of time or thread order:
//
//   Random random(seed, {kStreamViews, epoch, index, view});
//   if (random.Uniform() < flip_probability) ...
//
// The generator is SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) started at a
// mix of seed and path, so a stream costs nothing to make and any sample's
// draws can be repeated alone. The sequences are part of the reproducibility
// promise: a change of numerics here changes every run.
#ifndef SNCLR_CORE_BASE_RANDOM_H_
#define SNCLR_CORE_BASE_RANDOM_H_

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace snclr {

// What a stream of draws is for: the first element of its path. Numbers are for
// ever; a new use takes a new one.
enum RandomStream : uint64_t {
  kStreamWeights = 1,
  kStreamViews = 2,
  kStreamOrder = 3,
  kStreamBank = 4,
  kStreamSubset = 5,
  kStreamProcedural = 6,
  kStreamSubstitute = 7,
  kStreamMix = 20,  // mixup and cutmix
  kStreamDropPath = 21,
  kStreamSweep = 32,  // points of a random search
};

class Random {
 public:
  Random(uint64_t seed, std::initializer_list<uint64_t> path)
      : state_(Mix(seed + kGamma)) {
    // The sum tells seed and parts apart: seed 1, path 2 is not seed 2, path 1.
    for (const uint64_t part : path) {
      state_ = Mix((state_ + kGamma) ^ Mix(part + kGamma));
    }
  }

  // 64 independent bits.
  uint64_t Bits() { return Mix(state_ += kGamma); }

  // In [0, 1), 53 bits.
  double Uniform() { return (Bits() >> 11) * 0x1.0p-53; }

  // In [low, high).
  double Uniform(double low, double high) {
    return low + (high - low) * Uniform();
  }

  // In [0, n), n > 0; the bias is below n / 2^64.
  int64_t Below(int64_t n) {
    return static_cast<int64_t>(
        (static_cast<unsigned __int128>(Bits()) * static_cast<uint64_t>(n)) >>
        64);
  }

  // Normal with mean 0 and variance 1 (Box and Muller).
  double Normal() {
    const double radius = std::sqrt(-2 * std::log1p(-Uniform()));
    return radius * std::cos(2 * M_PI * Uniform());
  }

 private:
  static constexpr uint64_t kGamma = 0x9E3779B97F4A7C15;

  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_RANDOM_H_
