// SPDX-License-Identifier: MIT
// A shuffled order of [0, size) that is computed, not stored.
#ifndef DATA_ORDER_H_
#define DATA_ORDER_H_

#include <array>
#include <cstdint>

#include "snclr/core/base/random.h"

namespace snclr {

// A pseudo-random permutation of [0, size), size > 0, in constant memory: an
// alternating Feistel network over the next power of two, applied again while
// it leaves the range (Black and Rogaway, "Ciphers with Arbitrary Finite
// Domains", CT-RSA 2002). Any position in about 40 ns, so a resumed run needs
// no replay.
class Order {
 public:
  // The permutation follows from the draws of `random`.
  Order(int64_t size, Random random);

  int64_t size() const { return size_; }

  // The element at `position`, in [0, size).
  int64_t operator[](int64_t position) const;

 private:
  static constexpr int kRounds = 8;

  uint64_t Permute(uint64_t x) const;

  int64_t size_;
  int low_bits_;
  uint64_t low_mask_;
  uint64_t high_mask_;
  std::array<uint64_t, kRounds> keys_;
};

// In which order a run with this seed visits a data set in this epoch.
inline Order EpochOrder(int64_t size, uint64_t seed, int64_t epoch) {
  return Order(size,
               Random(seed, {kStreamOrder, static_cast<uint64_t>(epoch)}));
}

}  // namespace snclr

#endif  // DATA_ORDER_H_
