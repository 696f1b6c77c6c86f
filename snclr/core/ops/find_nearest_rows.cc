// SPDX-License-Identifier: MIT
#include "snclr/core/ops/find_nearest_rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "snclr/core/ops/best_of_blocks.h"
#include "snclr/core/ops/nearest_rows_cuda.h"

namespace snclr {
namespace {

void Check(const at::Tensor& queries, const at::Tensor& rows, int64_t k) {
  TORCH_CHECK(
      queries.dim() == 2 && rows.dim() == 2 && queries.size(1) == rows.size(1),
      "FindNearestRows: queries [B, D] and rows [M, D] wanted; got ",
      queries.sizes(), " and ", rows.sizes());
  const at::ScalarType type = queries.scalar_type();
  TORCH_CHECK((type == at::kFloat || type == at::kDouble) &&
                  (rows.scalar_type() == type ||
                   (rows.scalar_type() == at::kBFloat16 && type == at::kFloat)),
              "FindNearestRows: queries are ", type, ", rows ",
              rows.scalar_type());
  TORCH_CHECK(k >= 1 && k <= rows.size(0), "FindNearestRows: ", k, " of ",
              rows.size(0), " rows");
  TORCH_CHECK(rows.size(0) < std::numeric_limits<uint32_t>::max(),
              "FindNearestRows: ", rows.size(0), " rows");
}

// Similarities that are looked at together: what a core's cache holds on a CPU,
// enough for one launch on a GPU.
int64_t RowsPerBlock(const at::Tensor& queries) {
  const int64_t elements =
      queries.is_cpu() ? int64_t{1} << 20 : int64_t{1} << 25;
  return std::max<int64_t>(elements / std::max<int64_t>(queries.size(0), 1),
                           256);
}

// What the queries are multiplied as.
at::Tensor Rounded(const at::Tensor& queries, const at::Tensor& rows) {
  return queries.scalar_type() == rows.scalar_type()
             ? queries
             : queries.to(rows.scalar_type()).to(queries.scalar_type());
}

// body(products [B, block], first row) for each block of rows.
template <typename Body>
void ForEachBlock(const at::Tensor& queries, const at::Tensor& rows,
                  const Body& body) {
  const int64_t block = RowsPerBlock(queries);
  const at::Tensor rounded = Rounded(queries, rows);
  for (int64_t begin = 0; begin < rows.size(0); begin += block) {
    const int64_t size = std::min(block, rows.size(0) - begin);
    const at::Tensor some =
        rows.narrow(0, begin, size).to(queries.scalar_type());
    body(at::mm(rounded, some.t()), begin);
  }
}

template <typename Entry>
NearestRows FindOnCpu(const at::Tensor& queries, const at::Tensor& rows,
                      int64_t k) {
  BestOfBlocks<Entry> best(queries.size(0), k);
  ForEachBlock(queries, rows, [&](const at::Tensor& products, int64_t begin) {
    best.Add(products.contiguous(), begin);
  });
  auto [similarity, index] = best.Sorted();
  return {similarity, index};
}

// Undefined tensors where the kernel is not for these.
NearestRows FindOnGpu(const at::Tensor& queries, const at::Tensor& rows,
                      int64_t k) {
  const int64_t row_bytes =
      rows.size(1) * static_cast<int64_t>(rows.element_size());
  const bool fits = k <= kMostNearest && row_bytes % kChunkBytes == 0 &&
                    row_bytes > 0 && row_bytes <= (1 << 16) &&
                    rows.is_contiguous() && queries.size(0) > 0 &&
                    queries.scalar_type() == at::kFloat;
  if (!fits) return {};
  const bool bfloat16 = rows.scalar_type() == at::kBFloat16;
  NearestRowsPlan plan;
  plan.row_bytes = static_cast<int>(row_bytes);
  plan.k = static_cast<int>(k);
  plan.pieces = NearestRowsPieces(queries.size(0), rows.size(0), plan.row_bytes,
                                  plan.k, bfloat16);
  if (plan.pieces == 0) return {};
  const at::Tensor rounded = queries.to(rows.scalar_type()).contiguous();
  const auto bytes = [&](const at::Tensor& of) {
    return RowBytes{static_cast<const unsigned char*>(of.const_data_ptr()),
                    row_bytes, of.size(0)};
  };
  plan.queries = bytes(rounded);
  plan.rows = bytes(rows);
  const at::TensorOptions integers = queries.options().dtype(at::kLong);
  const at::Tensor kept =
      at::empty({plan.pieces, queries.size(0), k}, integers);
  plan.kept = reinterpret_cast<ScoredRow*>(kept.data_ptr<int64_t>());
  const NearestRows found = {at::empty({queries.size(0), k}, queries.options()),
                             at::empty({queries.size(0), k}, integers)};
  FindNearestRowsOnGpu(
      plan,
      {plan.kept, queries.size(0), plan.pieces, plan.k,
       found.similarity.data_ptr<float>(), found.index.data_ptr<int64_t>()},
      bfloat16);
  return found;
}

}  // namespace

NearestRows FindNearestRows(const at::Tensor& queries, const at::Tensor& rows,
                            int64_t k) {
  const at::NoGradGuard no_gradient;
  Check(queries, rows, k);
  if (queries.is_cpu()) {
    return queries.scalar_type() == at::kDouble
               ? FindOnCpu<ScoredRowDouble>(queries, rows, k)
               : FindOnCpu<ScoredRow>(queries, rows, k);
  }
  if (queries.is_cuda()) {
    NearestRows found = FindOnGpu(queries, rows, k);
    if (found.index.defined()) return found;
  }
  return FindNearestRowsByOperators(queries, rows, k);
}

NearestRows FindNearestRowsByOperators(const at::Tensor& queries,
                                       const at::Tensor& rows, int64_t k) {
  const at::NoGradGuard no_gradient;
  Check(queries, rows, k);
  NearestRows found;
  ForEachBlock(queries, rows, [&](const at::Tensor& products, int64_t begin) {
    auto [best, position] =
        at::topk(products, std::min(k, products.size(1)), 1);
    position.add_(begin);
    if (begin > 0) {
      const at::Tensor both = at::cat({found.similarity, best}, 1);
      const at::Tensor both_index = at::cat({found.index, position}, 1);
      at::Tensor order;
      std::tie(best, order) = at::topk(both, std::min(k, both.size(1)), 1);
      position = both_index.gather(1, order);
    }
    found = {best, position};
  });
  return found;
}

}  // namespace snclr
