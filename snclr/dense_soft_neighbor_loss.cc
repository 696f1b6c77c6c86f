// SPDX-License-Identifier: MIT
#include "snclr/dense_soft_neighbor_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "snclr/core/ops/unit_rows.h"

namespace snclr {
namespace {

// 1 where a column's image is the row's own: [B, W B].
at::Tensor OwnImages(const at::Tensor& queries, int64_t images, int64_t rank) {
  const int64_t batch = queries.size(0);
  at::Tensor own = at::zeros({batch, images}, queries.options());
  own.narrow(1, rank * batch, batch).fill_diagonal_(1);
  return own;
}

// Positiveness of every rank's neighbours for every query, 0 for those of other
// images: [B, W B, K].
at::Tensor NeighborLabels(const at::Tensor& embeddings,
                          const at::Tensor& candidates, const at::Tensor& own,
                          const PositivenessOptions& options,
                          const AttentionMaps& maps) {
  const int64_t batch = embeddings.size(0);
  const int64_t images = candidates.size(0);
  const int64_t count = candidates.size(1) - 1;
  const at::Tensor mine = own.unsqueeze(2).expand({batch, images, count});
  if (options.form == HARD) return mine;
  if (options.form == UNIFORM) return mine / count;
  at::Tensor queries = UnitRows(embeddings);
  at::Tensor keys = candidates.flatten(0, 1);  // [W B (K+1), D]
  if (options.form == ATTENTION) {
    queries =
        at::matmul(embeddings, maps.embedding.t()) / options.attention_scale;
    keys = at::matmul(keys, maps.neighbor.t());
  }
  const at::Tensor products = at::matmul(queries, keys.t())
                                  .view({batch, images, count + 1})
                                  .narrow(2, 1, count);
  return at::softmax((products + (mine - 1) * 999).flatten(1), 1)
      .view({batch, images, count});
}

}  // namespace

at::Tensor DenseSoftNeighborLoss(const at::Tensor& unit_queries,
                                 const at::Tensor& embeddings,
                                 const at::Tensor& unit_candidates_global,
                                 int64_t rank,
                                 const PositivenessOptions& positiveness,
                                 const SoftNeighborLossOptions& options,
                                 const AttentionMaps& maps) {
  const int64_t images = unit_candidates_global.size(0);
  const int64_t count = unit_candidates_global.size(1) - 1;
  const at::Tensor own = OwnImages(unit_queries, images, rank);
  at::Tensor logits =
      at::matmul(unit_queries, unit_candidates_global.flatten(0, 1).t()) /
      options.temperature;
  if (!options.neighbors_as_negatives) {
    at::Tensor columns = own.unsqueeze(2).repeat({1, 1, count + 1});
    columns.select(2, 0).fill_(1);
    logits = logits.masked_fill(columns.flatten(1) == 0,
                                -std::numeric_limits<double>::infinity());
  }
  at::Tensor labels = own.unsqueeze(2);  // [B, W B, K+1]
  if (count > 0) {
    at::Tensor soft = NeighborLabels(embeddings, unit_candidates_global, own,
                                     positiveness, maps);
    if (positiveness.threshold) soft = soft * (soft > 1.0 / count);
    labels = at::cat({labels, soft}, 2);
  }
  labels = labels.flatten(1);
  if (options.objective == PAPER) {
    return -(labels * at::softmax(logits, 1)).sum(1).log().mean();
  }
  const at::Tensor log_probabilities = at::log_softmax(logits, 1);
  // 0 * -inf is NaN where a column is left out of Z.
  const at::Tensor terms =
      options.neighbors_as_negatives
          ? log_probabilities * labels
          : log_probabilities.masked_fill(labels == 0, 0) * labels;
  return -terms.sum(1).mean() * (2 * options.temperature);
}

}  // namespace snclr
