// SPDX-License-Identifier: MIT
// Softmax attention on the CPU, forward and backward pass, over the projections
// as they lie.
//
// LibTorch's own (_scaled_dot_product_flash_attention_for_cpu) asks a BLAS for
// each product of 32 queries, which for the short sequences of images costs
// more than the products themselves.
#ifndef SNCLR_CORE_OPS_CPU_ATTENTION_H_
#define SNCLR_CORE_OPS_CPU_ATTENTION_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

// Rows of all heads side by side, E = heads D; of one dtype, float or double.
// May be columns of a wider matrix: only a row's numbers lie side by side.
struct Projections {
  at::Tensor query;       // [N, Lq, E]
  at::Tensor key, value;  // [N, L, E]
};

struct Attended {
  at::Tensor rows;         // [N, Lq, E], contiguous
  at::Tensor log_sum_exp;  // [N, heads, Lq], of the scores
};

// softmax(Q K^T / sqrt(D)) V of each head. An image's head is one thread's
// work: the same bits for any number of threads.
//
// Throws c10::Error where shapes, dtypes or devices are others.
Attended CpuAttention(const Projections& of, int64_t heads);

// Writes the gradients with respect to `of` into `gradients`, whose tensors may
// be columns of a wider matrix too, given the output's.
//
//   d_rows  [N, Lq, E]
void CpuAttentionBackward(const at::Tensor& d_rows, const Projections& of,
                          const Attended& made, int64_t heads,
                          const Projections& gradients);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_CPU_ATTENTION_H_
