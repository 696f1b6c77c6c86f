// SPDX-License-Identifier: MIT
// The K most similar of many rows, seen one after the other.
#ifndef SNCLR_CORE_OPS_BEST_K_H_
#define SNCLR_CORE_OPS_BEST_K_H_

#include <cmath>
#include <cstdint>
#include <cstring>

#include "snclr/core/ops/host_device.h"

namespace snclr {

// A row and its similarity as one number, so that the better of two is the
// greater: the more similar, and of equals the one of lower index. No two rows
// are equal, so the best K are the same in whatever order rows come, on
// whatever device. NaN counts as -infinity, -0 as 0.
using ScoredRow = uint64_t;

// Worse than any row.
constexpr ScoredRow kNoRow = 0;

SNCLR_HOST_DEVICE ScoredRow ScoreRow(float similarity, uint32_t row) {
  const float number = similarity == similarity ? similarity + 0.0f : -INFINITY;
  uint32_t bits;
  std::memcpy(&bits, &number, sizeof(bits));
  bits ^= (bits >> 31) != 0 ? 0xffffffffu : 0x80000000u;  // in order as integer
  return static_cast<ScoredRow>(bits) << 32 | static_cast<uint32_t>(~row);
}

SNCLR_HOST_DEVICE float SimilarityOf(ScoredRow scored) {
  uint32_t bits = static_cast<uint32_t>(scored >> 32);
  bits ^= (bits >> 31) != 0 ? 0x80000000u : 0xffffffffu;
  float similarity;
  std::memcpy(&similarity, &bits, sizeof(similarity));
  return similarity;
}

SNCLR_HOST_DEVICE uint32_t RowOf(ScoredRow scored) {
  return ~static_cast<uint32_t>(scored);
}

// The same order in float64, which only the CPU has.
struct ScoredRowDouble {
  double similarity;
  uint32_t row;

  bool operator<(const ScoredRowDouble& other) const {
    return similarity < other.similarity ||
           (similarity == other.similarity && row > other.row);
  }
};

// `kept` are K entries, `stride` apart, in a heap whose first is the worst; it
// begins full of kNoRow. Puts `entry` in the place of the worst.
template <typename Entry>
SNCLR_HOST_DEVICE void ReplaceWorst(Entry* kept, int stride, int k,
                                    Entry entry) {
  int slot = 0;
  for (int child = 1; child < k; child = 2 * slot + 1) {
    if (child + 1 < k && kept[(child + 1) * stride] < kept[child * stride]) {
      ++child;
    }
    if (!(kept[child * stride] < entry)) break;
    kept[slot * stride] = kept[child * stride];
    slot = child;
  }
  kept[slot * stride] = entry;
}

template <typename Entry>
SNCLR_HOST_DEVICE void KeepBest(Entry* kept, int stride, int k, Entry entry) {
  if (kept[0] < entry) ReplaceWorst(kept, stride, k, entry);
}

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_BEST_K_H_
