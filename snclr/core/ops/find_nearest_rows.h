// SPDX-License-Identifier: MIT
// The search in a bank: the K most similar rows for each query.
#ifndef SNCLR_CORE_OPS_FIND_NEAREST_ROWS_H_
#define SNCLR_CORE_OPS_FIND_NEAREST_ROWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

struct NearestRows {
  at::Tensor similarity;  // [B, K], of the queries' dtype, the highest first
  at::Tensor index;       // [B, K] int64, in [0, M)
};

// The K rows of highest product with each query; of equals the one of lower
// index.
//
//   queries  [B, D]  float or double
//   rows     [M, D]  of the queries' dtype, or bfloat16 with float queries
//
// With bfloat16 rows the queries are rounded to bfloat16 too, and products are
// summed in float32: a similarity of unit rows is then within 2^-7 of the
// float32 one (each of the two is off by at most 2^-8 of itself), as a rule
// within 2^-10, and the K rows are the best but for rows that are as close as
// that to the K-th.
//
// Nothing of size [B, M] exists: the CPU makes a block of products at a time; a
// GPU, where K <= 64 and a row is whole 128 bytes, makes and ranks them inside
// one kernel (nearest_rows.h), else in blocks with LibTorch's topk, where equal
// rows come in any order. O(BMD). No gradient; no synchronisation. Throws
// c10::Error on wrong shapes and dtypes, and where K is not in [1, M].
NearestRows FindNearestRows(const at::Tensor& queries, const at::Tensor& rows,
                            int64_t k);

// The same by LibTorch's operators, whatever the device: what the others are
// measured and tested against.
NearestRows FindNearestRowsByOperators(const at::Tensor& queries,
                                       const at::Tensor& rows, int64_t k);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_FIND_NEAREST_ROWS_H_
