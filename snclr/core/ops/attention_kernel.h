// SPDX-License-Identifier: MIT
// Softmax attention of one head of one image, on one CPU core.
#ifndef SNCLR_CORE_OPS_ATTENTION_KERNEL_H_
#define SNCLR_CORE_OPS_ATTENTION_KERNEL_H_

#include <cstdint>

namespace snclr {

// Rows of D numbers, `stride` numbers apart: a head's columns of a [L, E]
// matrix.
template <typename T>
struct HeadRows {
  T* first;
  int64_t stride;

  T* Row(int64_t i) const { return first + i * stride; }
};

struct AttentionSizes {
  int64_t queries, keys, dim;  // Lq, Lk, D; each at least 1
};

// softmax(Q K^T / sqrt(D)) V.
template <typename T>
struct AttentionInput {
  AttentionSizes sizes;
  HeadRows<const T> query, key, value;  // [Lq, D], [Lk, D], [Lk, D]
};

template <typename T>
struct AttentionOutput {
  HeadRows<T> rows;  // [Lq, D]
  T* log_sum_exp;    // [Lq]
};

// Of an output that has been made.
template <typename T>
struct AttentionMade {
  HeadRows<const T> rows, gradient;  // [Lq, D] both
  const T* log_sum_exp;              // [Lq]
};

template <typename T>
struct AttentionGradients {
  HeadRows<T> query, key, value;  // written, not added to
};

// Bytes of this machine's widest vectors: 64 (AVX-512), 32 (AVX2 with fused
// multiply-adds) or 16.
int WidestVectors();

// T is float or double; the functions are compiled for each width of vectors,
// and run with vector_bytes, at most WidestVectors(). Products are fused
// multiply-adds where there are some, so the last bits depend on the width;
// with one width they are a function of the arguments. A NaN among the inputs
// comes out as NaN.
//
// scratch: AttentionScratch(sizes) numbers of any value; another's for each
// thread.
int64_t AttentionScratch(const AttentionSizes& sizes);
template <typename T>
void AttentionForward(const AttentionInput<T>& input,
                      const AttentionOutput<T>& output, T* scratch,
                      int vector_bytes);
template <typename T>
void AttentionBackward(const AttentionInput<T>& input,
                       const AttentionMade<T>& made,
                       const AttentionGradients<T>& gradients, T* scratch,
                       int vector_bytes);

}  // namespace snclr

#endif  // SNCLR_CORE_OPS_ATTENTION_KERNEL_H_
