// SPDX-License-Identifier: MIT
#include "snclr/core/neighbor_bank.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "snclr/core/base/random.h"
#include "snclr/core/ops/find_nearest_rows.h"
#include "snclr/core/ops/parallel.h"

namespace snclr {
namespace {

// A normal draw in each coordinate, then divided by the norm, is uniform over
// the sphere.
template <typename Float>
void FillWithUnitRows(at::Tensor& rows, uint64_t seed, uint64_t stream) {
  const int64_t dim = rows.size(1);
  Float* const data = rows.data_ptr<Float>();
  ParallelFor(rows.size(0), 64, [&](int64_t begin, int64_t end) {
    std::vector<double> draws(dim);
    for (int64_t row = begin; row < end; ++row) {
      Random random(seed, {kStreamBank, stream, static_cast<uint64_t>(row)});
      double squares = 0;
      for (double& draw : draws) {
        draw = random.Normal();
        squares += draw * draw;
      }
      const double norm = std::sqrt(squares);
      for (int64_t i = 0; i < dim; ++i) {
        data[row * dim + i] = static_cast<Float>(draws[i] / norm);
      }
    }
  });
}

at::Tensor RandomUnitRows(const NeighborBankOptions& options, uint64_t seed,
                          uint64_t stream, const at::TensorOptions& tensors) {
  const bool in_double =
      c10::typeMetaToScalarType(tensors.dtype()) == at::kDouble;
  at::Tensor rows = at::empty({options.rows, options.dim},
                              in_double ? at::kDouble : at::kFloat);
  if (in_double) {
    FillWithUnitRows<double>(rows, seed, stream);
  } else {
    FillWithUnitRows<float>(rows, seed, stream);
  }
  return rows.to(tensors.device(),
                 options.bf16_rows ? at::kBFloat16 : rows.scalar_type());
}

}  // namespace

NeighborBank::NeighborBank(const NeighborBankOptions& options, uint64_t seed,
                           uint64_t stream, const at::TensorOptions& tensors)
    : options_(options), dtype_(c10::typeMetaToScalarType(tensors.dtype())) {
  TORCH_CHECK(options.rows > 0 && options.dim > 0, "a bank of ", options.rows,
              " rows of ", options.dim, " values; at least 1 of each wanted");
  TORCH_CHECK(options.wrap == RING || options.wrap == DROP_AT_END, "bank wrap ",
              options.wrap, " is not one of RING, DROP_AT_END");
  TORCH_CHECK(!options.bf16_rows || dtype_ == at::kFloat,
              "a bank with bfloat16 rows takes float keys, not ", dtype_);
  const at::TensorOptions integers = tensors.dtype(at::kLong);
  rows_ = RandomUnitRows(options, seed, stream, tensors);
  next_row_ = at::zeros({}, integers);
  entered_ = at::zeros({options.rows}, integers);
  pushes_ = at::zeros({}, integers);
}

Neighbors NeighborBank::TopK(const at::Tensor& unit_queries, int64_t k) const {
  RECORD_USER_SCOPE("step.bank");
  const at::NoGradGuard no_gradient;
  TORCH_CHECK(unit_queries.dim() == 2 && unit_queries.size(1) == options_.dim,
              "TopK: queries [B, ", options_.dim, "] wanted; got ",
              unit_queries.sizes());
  TORCH_CHECK(k >= 1 && k <= options_.rows, "TopK: ", k, " neighbours of ",
              options_.rows, " rows");
  const NearestRows found = FindNearestRows(unit_queries, rows_, k);
  return {Rows(found.index), found.similarity, found.index};
}

at::Tensor NeighborBank::Rows(const at::Tensor& index) const {
  std::vector<int64_t> shape = index.sizes().vec();
  shape.push_back(options_.dim);
  return rows_.index_select(0, index.reshape({-1})).to(dtype_).view(shape);
}

void NeighborBank::Push(const at::Tensor& unit_keys) {
  RECORD_USER_SCOPE("step.bank");
  const at::NoGradGuard no_gradient;
  TORCH_CHECK(unit_keys.dim() == 2 && unit_keys.size(1) == options_.dim,
              "Push: keys [B, ", options_.dim, "] wanted; got ",
              unit_keys.sizes());
  const bool drops = options_.wrap == DROP_AT_END;
  const int64_t batch = unit_keys.size(0);
  const int64_t written = std::min(batch, options_.rows);
  // Of more keys than rows, a ring would overwrite the first ones again; what
  // drops at the end never comes to the last ones.
  const int64_t first = drops ? 0 : batch - written;
  at::Tensor keys = unit_keys.narrow(0, first, written).to(rows_.scalar_type());

  at::Tensor target =
      at::arange(first, first + written, next_row_.options()) + next_row_;
  const at::Tensor fits = target < options_.rows;
  target.remainder_(options_.rows);
  pushes_.add_(1);
  at::Tensor entered = pushes_.expand({written});
  if (drops) {  // what is past the end writes back what it finds
    keys = at::where(fits.unsqueeze(1), keys, rows_.index_select(0, target));
    entered = at::where(fits, entered, entered_.index_select(0, target));
  }
  rows_.index_copy_(0, target, keys);
  entered_.index_copy_(0, target, entered);
  next_row_.add_(batch);
  if (drops) {
    next_row_.mul_(next_row_ < options_.rows);
  } else {
    next_row_.remainder_(options_.rows);
  }
}

at::Tensor NeighborBank::MeanAge(const at::Tensor& index) const {
  const at::Tensor entered = entered_.index_select(0, index.reshape({-1}));
  const at::Tensor pushed = entered > 0;
  const at::Tensor ages = (pushes_ + 1 - entered) * pushed;
  return ages.sum().to(at::kFloat) / pushed.sum().clamp_min(1);
}

at::Tensor NeighborBank::RandomShare(const at::Tensor& index) const {
  return (entered_.index_select(0, index.reshape({-1})) == 0)
      .to(at::kFloat)
      .mean();
}

at::Tensor NeighborBank::RandomShare() const {
  return (entered_ == 0).to(at::kFloat).mean();
}

NamedTensors NeighborBank::State() const {
  return {{"rows", rows_},
          {"next_row", next_row_},
          {"entered", entered_},
          {"pushes", pushes_}};
}

}  // namespace snclr
