// SPDX-License-Identifier: MIT
// For a function that is one loop over pixels: compiled once for each
// generation of x86-64, and the machine at hand picks at start. Every version
// gives the same bits, since none fuses multiply and add and none reorders a
// sum.
#ifndef DATA_VIEWS_SIMD_H_
#define DATA_VIEWS_SIMD_H_

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SNCLR_PIXEL_LOOP \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SNCLR_PIXEL_LOOP
#endif

#endif  // DATA_VIEWS_SIMD_H_
