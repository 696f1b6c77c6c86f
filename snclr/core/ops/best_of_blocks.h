// SPDX-License-Identifier: MIT
// The K best columns of a matrix that comes in blocks of columns, on the CPU.
#ifndef SNCLR_CORE_OPS_BEST_OF_BLOCKS_H_
#define SNCLR_CORE_OPS_BEST_OF_BLOCKS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "snclr/core/ops/best_k.h"

namespace snclr {

// The best first, of equals the lower column first, whatever the blocks are
// (best_k.h). Entry is ScoredRow for float and ScoredRowDouble for double
// matrices.
template <typename Entry>
class BestOfBlocks {
 public:
  // 1 <= k <= the columns that come; those are below 2^32.
  BestOfBlocks(int64_t rows, int64_t k);

  // matrix [B, block], contiguous: the columns from `first` on. One look at
  // each number.
  void Add(const at::Tensor& matrix, int64_t first);

  // [B, K] numbers and [B, K] int64 columns, once all blocks are added.
  std::pair<at::Tensor, at::Tensor> Sorted();

 private:
  const int64_t rows_;
  const int64_t k_;
  std::vector<Entry> kept_;  // [B, K]
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_BEST_OF_BLOCKS_H_
