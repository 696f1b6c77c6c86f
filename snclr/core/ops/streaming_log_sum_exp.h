// SPDX-License-Identifier: MIT
// The denominator of a contrastive loss, without its matrix of logits.
#ifndef SNCLR_CORE_OPS_STREAMING_LOG_SUM_EXP_H_
#define SNCLR_CORE_OPS_STREAMING_LOG_SUM_EXP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

struct StreamingLogSumExpOptions {
  double temperature;  // T > 0

  // Columns that LibTorch's operators look at together: the memory is that of a
  // [B, block] matrix. 0: on a CPU what was measured to be fastest; on a GPU no
  // block at all, but one kernel (log_sum_exp_tiles.h), where D is a multiple
  // of 32 and it fits into the GPU's shared memory.
  int64_t block = 0;
};

struct LogSumExpSums {
  at::Tensor log_sum_exp;  // [B]
  at::Tensor mean_column;  // [B, D], sum_n p_in c_n; undefined unless asked for
};

// log Z of every query over all columns:
//
//   logZ_i = log sum_n exp(q_i.c_n / T)
//
// in one pass over blocks of columns, with a running maximum (Milakov and
// Gimelshein, arXiv:1805.02867, Alg. 3). Its gradient,
//
//   d logZ_i / d q_i = 1/T sum_n p_in c_n,  p_in = exp(q_i.c_n / T) / Z_i,
//
// is a weighted mean of the columns that does not depend on what follows, so
// the same pass sums it up (as in FlashAttention, arXiv:2205.14135) and the
// backward pass multiplies by one number a row: no probability is kept, none is
// computed twice.
//
//   queries  [B, D]  gradient flows
//   columns  [N, D]  constant; rows may be strided
//   returns  [B]     dtype and device of queries
//
// Throws c10::Error on wrong shapes, and where a gradient of the gradient is
// asked for. Two products of 2BND operations (one where no gradient is asked
// for), memory O(B (block + D)). No collective, no synchronisation.
at::Tensor StreamingLogSumExp(const at::Tensor& queries,
                              const at::Tensor& columns,
                              const StreamingLogSumExpOptions& options);

// What that is made of, for those who write their own gradient: log Z, and the
// mean column that is T times its slope. No gradient flows. `queries` and
// `columns` as above.
LogSumExpSums SumOverColumns(const at::Tensor& queries,
                             const at::Tensor& columns,
                             const StreamingLogSumExpOptions& options,
                             bool with_mean);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_STREAMING_LOG_SUM_EXP_H_
