// SPDX-License-Identifier: MIT
// The bank that neighbours come from: the newest keys, first in, first
// out.
#ifndef SNCLR_CORE_NEIGHBOR_BANK_H_
#define SNCLR_CORE_NEIGHBOR_BANK_H_

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <c10/core/TensorOptions.h>

#include <cstdint>

#include "snclr/core/bank.pb.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

struct NeighborBankOptions {
  int64_t rows;  // M
  int64_t dim;   // D
  BankWrap wrap;
  bool bf16_rows = false;  // rounds rows to bfloat16, see BankSpec::Precision
};

// The K most similar rows for each of B queries, most similar first.
struct Neighbors {
  at::Tensor rows;        // [B, K, D], copies: a later push leaves them alone
  at::Tensor similarity;  // [B, K], cosine
  at::Tensor index;       // [B, K] int64, in [0, M)
};

// M rows of norm 1, random to begin with. Rows are stored normalised, so a
// lookup is one product and a top-k; the published bank keeps them raw and
// normalises a copy of itself at every query.
//
// Nothing waits for the device: the position of the next push is a tensor
// beside the rows. Not thread-safe.
class NeighborBank {
 public:
  // The initial rows are a function of (seed, stream, row): banks of one stream
  // are equal. `tensors` says device, and the dtype (float or double) of what
  // goes in and comes out. Throws c10::Error where rows or dim are below 1.
  NeighborBank(const NeighborBankOptions& options, uint64_t seed,
               uint64_t stream, const at::TensorOptions& tensors);

  // unit_queries [B, D], rows of norm 1; 1 <= k <= M. No [B, M] matrix is
  // written, and of equal rows the one of lower index comes first
  // (find_nearest_rows.h, also for what bfloat16 rows round). O(BMD), memory
  // O(BKD) and on a CPU a block of similarities. No gradient.
  Neighbors TopK(const at::Tensor& unit_queries, int64_t k) const;

  // The rows of an index of any shape: [...] -> [..., D]. Of a norm within 2^-8
  // of 1 where rows are bfloat16.
  at::Tensor Rows(const at::Tensor& index) const;

  // unit_keys [B, D], rows of norm 1, into the rows after the last push's.
  //   RING         what passes the end goes on at the beginning; of more than M
  //                keys the last M stay.
  //   DROP_AT_END  what passes the end is dropped, and reaching it, or passing
  //                it, begins anew (published code; equal to RING where B
  //                divides M).
  void Push(const at::Tensor& unit_keys);

  // How long ago the rows of an index came in, in pushes (a row of the last
  // push is 1 old): the mean over those that a push brought, 0 where none did.
  // [], float.
  at::Tensor MeanAge(const at::Tensor& index) const;

  // The share of an index's rows that are still the initial random ones, and
  // that of the whole bank. [], float.
  at::Tensor RandomShare(const at::Tensor& index) const;
  at::Tensor RandomShare() const;

  // "rows" [M, D], "next_row" [], "entered" [M], "pushes" [] (int64): aliases,
  // for a checkpoint to copy from and into.
  NamedTensors State() const;

  int64_t size() const { return options_.rows; }

 private:
  const NeighborBankOptions options_;
  const at::ScalarType dtype_;
  at::Tensor rows_;      // [M, D]
  at::Tensor next_row_;  // [] int64, where the next push begins
  at::Tensor entered_;   // [M] int64, the push that brought a row; 0: none did
  at::Tensor pushes_;    // [] int64, pushes so far
};

}  // namespace snclr

#endif  // SNCLR_CORE_NEIGHBOR_BANK_H_
