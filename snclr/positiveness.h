// SPDX-License-Identifier: MIT
// How much of a positive each neighbour is: SNCLR's soft weights.
#ifndef SNCLR_POSITIVENESS_H_
#define SNCLR_POSITIVENESS_H_

#include <ATen/core/Tensor.h>

#include "snclr/snclr.pb.h"

namespace snclr {

// ATTENTION's learned maps, [D, D] each, rows being outputs as in a Linear.
struct AttentionMaps {
  at::Tensor embedding;  // f1
  at::Tensor neighbor;   // f2
};

struct PositivenessOptions {
  Positiveness form;

  // Sets to 0 what is not above 1/K. Nothing is renormalised, and no gradient
  // passes where it cut. It drops every neighbour where K = 1 or form is
  // UNIFORM, and none where form is HARD and K > 1.
  bool threshold = false;

  double attention_scale = 1;  // gamma > 0
};

// The positiveness w_j of a key's K neighbours c_j, as seen from the embedding
// y of the other view (in the published code, y is the projector's output):
//
//   ATTENTION  softmax_j( f1(y).f2(c_j) / gamma )   arXiv:2303.17142, Eq. 3
//   COSINE     softmax_j( y.c_j / |y| )             published code
//   UNIFORM    1/K
//   HARD       1
//
//   embeddings      [B, D]     y, of any norm; ATTENTION uses it as it is,
//   which
//                              for a projector's output is a norm near sqrt(D)
//   unit_neighbors  [B, K, D]  rows of norm 1; constant; may be strided
//   maps                       ATTENTION alone reads them
//   returns         [B, K]     gradient flows to embeddings and maps
//
// Throws c10::Error on wrong shapes and on an unspecified form. O(BKD) plus,
// for ATTENTION, O(BD^2) operations: f2 is applied to the embedding's side,
// since f1(y).f2(c) = (f2^T f1 y).c, so no neighbour is projected.
at::Tensor PositivenessOf(const at::Tensor& embeddings,
                          const at::Tensor& unit_neighbors,
                          const PositivenessOptions& options,
                          const AttentionMaps& maps = {});

}  // namespace snclr

#endif  // SNCLR_POSITIVENESS_H_
