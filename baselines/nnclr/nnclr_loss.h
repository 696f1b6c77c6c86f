// SPDX-License-Identifier: MIT
// The two published losses of NNCLR, one direction each: n_i is the support
// set's nearest neighbour of one view's key, p_i the other view's prediction.
#ifndef BASELINES_NNCLR_NNCLR_LOSS_H_
#define BASELINES_NNCLR_NNCLR_LOSS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace snclr {

struct NnclrLossOptions {
  double temperature;  // T > 0
  int64_t rank;        // this process, in [0, W)
};

// Own neighbours against the predictions of every rank:
//
//   L = -(1/B) sum_i log softmax_j( n_i.p_j / T ) at j = rank B + i
//
// Source: arXiv:2104.14548, Eq. 2; solo-learn, nnclr_loss_func.
//
//   unit_neighbors           [B, D]    rows of norm 1
//   unit_predictions_global  [W B, D]  rows of norm 1, in rank order, gathered
//                                      with their gradient (the columns of
//                                      other ranks have one too)
//   returns                  []        dtype and device of unit_neighbors;
//                                      gradient flows to both
//
// Throws c10::Error on wrong shapes and a wrong rank. No collective. Memory
// O(W B^2).
at::Tensor NeighborInfoNce(const at::Tensor& unit_neighbors,
                           const at::Tensor& unit_predictions_global,
                           const NnclrLossOptions& options);

// SimCLR's loss between neighbours and predictions. Own n_i and p_i, 2B
// anchors a, each against all other 2 W B - 1 neighbours and predictions c:
//
//   L = -(1/2B) sum_a log( exp(a.a' / T) / sum_{c != a} exp(a.c / T) ),
//   a' = p_i of a = n_i, and n_i of a = p_i
//
// Source: lightly, NTXentLoss with gather_distributed; SimCLR,
// arXiv:2002.05709, Eq. 1.
//
//   unit_neighbors_global    [W B, D]  rows of norm 1, in rank order
//   unit_predictions_global  [W B, D]  likewise, gathered with their gradient
//   batch                    B
//   returns                  []        gradient flows to both
//
// Throws c10::Error on wrong shapes and a wrong rank. No collective. Memory
// O(W B^2).
at::Tensor NeighborNtXent(const at::Tensor& unit_neighbors_global,
                          const at::Tensor& unit_predictions_global,
                          int64_t batch, const NnclrLossOptions& options);

}  // namespace snclr

#endif  // BASELINES_NNCLR_NNCLR_LOSS_H_
