// SPDX-License-Identifier: MIT
#include "data/order.h"

namespace snclr {
namespace {

// Any function of (key, half) makes a bijection; this one spreads every bit.
uint64_t Round(uint64_t key, uint64_t half) {
  uint64_t z = (half + key) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93;
  z = (z ^ (z >> 32)) * 0xD6E8FEB86659FD93;
  return z ^ (z >> 32);
}

int BitsToCount(int64_t size) {
  int bits = 0;
  while ((int64_t{1} << bits) < size) ++bits;
  return bits;
}

}  // namespace

Order::Order(int64_t size, Random random) : size_(size) {
  const int bits = BitsToCount(size);
  low_bits_ = bits / 2;
  low_mask_ = (uint64_t{1} << low_bits_) - 1;
  high_mask_ = (uint64_t{1} << (bits - low_bits_)) - 1;
  for (uint64_t& key : keys_) key = random.Bits();
}

uint64_t Order::Permute(uint64_t x) const {
  uint64_t low = x & low_mask_;
  uint64_t high = x >> low_bits_;
  for (int i = 0; i < kRounds; i += 2) {
    high ^= Round(keys_[i], low) & high_mask_;
    low ^= Round(keys_[i + 1], high) & low_mask_;
  }
  return high << low_bits_ | low;
}

int64_t Order::operator[](int64_t position) const {
  // Less than half of the network's range lies outside, so two tries on average
  // at most; the walk ends because the cycle holds `position` itself.
  uint64_t x = Permute(position);
  while (x >= static_cast<uint64_t>(size_)) x = Permute(x);
  return static_cast<int64_t>(x);
}

}  // namespace snclr
