// SPDX-License-Identifier: MIT
#include "snclr/positiveness.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>

#include "snclr/core/ops/unit_rows.h"

namespace snclr {
namespace {

void CheckShapes(const at::Tensor& embeddings, const at::Tensor& neighbors,
                 const PositivenessOptions& options,
                 const AttentionMaps& maps) {
  TORCH_CHECK(embeddings.dim() == 2 && neighbors.dim() == 3 &&
                  neighbors.size(0) == embeddings.size(0) &&
                  neighbors.size(2) == embeddings.size(1),
              "PositivenessOf: embeddings [B, D] and neighbours [B, K, D] "
              "wanted; got ",
              embeddings.sizes(), " and ", neighbors.sizes());
  if (options.form != ATTENTION) return;
  const int64_t dim = embeddings.size(1);
  for (const at::Tensor& map : {maps.embedding, maps.neighbor}) {
    TORCH_CHECK(map.defined() && map.dim() == 2 && map.size(0) == dim &&
                    map.size(1) == dim,
                "PositivenessOf: ATTENTION needs two maps of [", dim, ", ", dim,
                "]");
  }
  TORCH_CHECK(options.attention_scale > 0, "PositivenessOf: attention scale ",
              options.attention_scale, " is not above 0");
}

// softmax_j(directions_i . neighbors_ij).
at::Tensor SoftmaxOfProducts(const at::Tensor& directions,
                             const at::Tensor& neighbors) {
  return at::softmax(at::bmm(neighbors, directions.unsqueeze(2)).squeeze(2), 1);
}

at::Tensor BeforeThreshold(const at::Tensor& embeddings,
                           const at::Tensor& neighbors,
                           const PositivenessOptions& options,
                           const AttentionMaps& maps) {
  const int64_t batch = neighbors.size(0);
  const int64_t count = neighbors.size(1);
  switch (options.form) {
    case ATTENTION:
      return SoftmaxOfProducts(
          at::mm(at::mm(embeddings, maps.embedding.t()), maps.neighbor) /
              options.attention_scale,
          neighbors);
    case COSINE:
      return SoftmaxOfProducts(UnitRows(embeddings), neighbors);
    case UNIFORM:
      return at::full({batch, count}, 1.0 / count, neighbors.options());
    case HARD:
      return at::ones({batch, count}, neighbors.options());
    default:
      TORCH_CHECK(false, "PositivenessOf: form ", options.form,
                  " is not one of ATTENTION, COSINE, UNIFORM, HARD");
  }
}

}  // namespace

at::Tensor PositivenessOf(const at::Tensor& embeddings,
                          const at::Tensor& unit_neighbors,
                          const PositivenessOptions& options,
                          const AttentionMaps& maps) {
  CheckShapes(embeddings, unit_neighbors, options, maps);
  const int64_t count = unit_neighbors.size(1);
  if (count == 0) return embeddings.new_empty({embeddings.size(0), 0});
  const at::Tensor weights =
      BeforeThreshold(embeddings, unit_neighbors, options, maps);
  return options.threshold ? weights * (weights > 1.0 / count) : weights;
}

}  // namespace snclr
