// SPDX-License-Identifier: MIT
#include "baselines/nnclr/nnclr_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mm.h>
#include <c10/util/Exception.h>

#include <limits>

namespace snclr {
namespace {

void CheckOptions(const char* loss, int64_t batch, int64_t columns,
                  const NnclrLossOptions& options) {
  TORCH_CHECK(options.temperature > 0, loss, ": temperature ",
              options.temperature, " is not above 0");
  TORCH_CHECK(options.rank >= 0 && (options.rank + 1) * batch <= columns, loss,
              ": rank ", options.rank, " of ", batch,
              " images has no columns among ", columns);
}

void CheckRows(const char* loss, const at::Tensor& neighbors,
               const at::Tensor& predictions) {
  TORCH_CHECK(neighbors.dim() == 2 && predictions.dim() == 2 &&
                  neighbors.size(1) == predictions.size(1),
              loss, ": neighbours and predictions [rows, D] wanted; got ",
              neighbors.sizes(), " and ", predictions.sizes());
}

// [first, first + count) on the device of `like`.
at::Tensor Indices(int64_t first, int64_t count, const at::Tensor& like) {
  return at::arange(first, first + count, like.options().dtype(at::kLong));
}

}  // namespace

at::Tensor NeighborInfoNce(const at::Tensor& unit_neighbors,
                           const at::Tensor& unit_predictions_global,
                           const NnclrLossOptions& options) {
  constexpr char kName[] = "NeighborInfoNce";
  CheckRows(kName, unit_neighbors, unit_predictions_global);
  const int64_t batch = unit_neighbors.size(0);
  CheckOptions(kName, batch, unit_predictions_global.size(0), options);
  const at::Tensor logits =  // [B, W B]
      at::mm(unit_neighbors, unit_predictions_global.t()) / options.temperature;
  return at::cross_entropy_loss(logits,
                                Indices(options.rank * batch, batch, logits));
}

at::Tensor NeighborNtXent(const at::Tensor& unit_neighbors_global,
                          const at::Tensor& unit_predictions_global,
                          int64_t batch, const NnclrLossOptions& options) {
  constexpr char kName[] = "NeighborNtXent";
  CheckRows(kName, unit_neighbors_global, unit_predictions_global);
  const int64_t images = unit_neighbors_global.size(0);  // W B
  TORCH_CHECK(unit_predictions_global.size(0) == images, kName, ": ", images,
              " neighbours and ", unit_predictions_global.size(0),
              " predictions");
  CheckOptions(kName, batch, images, options);
  const int64_t first = options.rank * batch;
  const at::Tensor anchors =  // [2 B, D]
      at::cat({unit_neighbors_global.narrow(0, first, batch),
               unit_predictions_global.narrow(0, first, batch)});
  const at::Tensor columns =  // [2 W B, D]
      at::cat({unit_neighbors_global, unit_predictions_global});
  const at::Tensor neighbors = Indices(first, batch, anchors);
  const at::Tensor predictions = neighbors + images;
  const at::Tensor self = at::cat({neighbors, predictions});
  const at::Tensor targets = at::cat({predictions, neighbors});
  const at::Tensor logits =
      (at::mm(anchors, columns.t()) / options.temperature)
          .scatter(1, self.unsqueeze(1),
                   -std::numeric_limits<double>::infinity());
  return at::cross_entropy_loss(logits, targets);
}

}  // namespace snclr
