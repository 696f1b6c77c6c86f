// SPDX-License-Identifier: MIT
// A pass over flat buffers whose parts are treated differently.
#ifndef SNCLR_CORE_OPTIM_STRETCHES_H_
#define SNCLR_CORE_OPTIM_STRETCHES_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "snclr/core/ops/parallel.h"

namespace snclr {

// Cuts [0, stretches.back().end) into pieces that lie in one stretch and either
// before or behind `copied`, the end of the momentum copy, and calls
// update(stretch, begin, end, is_copied) once for each: on LibTorch's threads
// where `on_cpu`, pieces then being small enough for a core's cache, else one
// after the other. A Stretch has members `begin` and `end`, in elements;
// together they are without gaps and in order.
template <typename Stretch, typename Update>
void ForEachStretch(const std::vector<Stretch>& stretches, int64_t copied,
                    bool on_cpu, const Update& update) {
  constexpr int64_t kGrain = 1 << 14;  // elements: five buffers in the L2 cache
  const int64_t size = stretches.back().end;
  const auto update_range = [&](int64_t begin, int64_t end) {
    auto stretch = std::upper_bound(
        stretches.begin(), stretches.end(), begin,
        [](int64_t at, const Stretch& other) { return at < other.end; });
    for (; stretch != stretches.end() && stretch->begin < end; ++stretch) {
      const int64_t low = std::max(begin, stretch->begin);
      const int64_t high = std::min(end, stretch->end);
      const int64_t middle = std::clamp(copied, low, high);
      if (low < middle) update(*stretch, low, middle, true);
      if (middle < high) update(*stretch, middle, high, false);
    }
  };
  if (on_cpu) {
    ParallelFor(size, kGrain, update_range);
  } else {
    update_range(0, size);
  }
}

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_STRETCHES_H_
