// SPDX-License-Identifier: MIT
#include "snclr/core/soft_neighbors.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/topk.h>
#include <c10/util/Exception.h>

#include <limits>

namespace snclr {

SoftNeighbors NearestOthers(const at::Tensor& own, const at::Tensor& unit_keys,
                            int64_t neighbors) {
  const at::NoGradGuard no_gradient;
  TORCH_CHECK(neighbors < unit_keys.size(0), "NearestOthers: ", neighbors,
              " neighbours among ", unit_keys.size(0), " images");
  at::Tensor products = at::mm(unit_keys.index_select(0, own), unit_keys.t());
  products.scatter_(1, own.unsqueeze(1),
                    -std::numeric_limits<double>::infinity());
  const auto [similarity, index] = at::topk(products, neighbors, 1);
  return {index, similarity, at::Tensor()};
}

}  // namespace snclr
