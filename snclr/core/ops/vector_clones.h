// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPS_VECTOR_CLONES_H_
#define SNCLR_CORE_OPS_VECTOR_CLONES_H_

// Before a function: it is compiled once per vector width, and the widest that
// the machine has is chosen when the program starts. Nothing is contracted to
// fused multiply-adds (.bazelrc), so element-wise loops give the same bits in
// every clone; a sum does too if its order is written out. Compile such files
// with -O3. Templates take SNCLR_INLINE and are called from a cloned function.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__CUDACC__)
#define SNCLR_VECTOR_CLONES \
  __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SNCLR_VECTOR_CLONES
#endif

#define SNCLR_INLINE inline __attribute__((always_inline))

#endif  // SNCLR_CORE_OPS_VECTOR_CLONES_H_
