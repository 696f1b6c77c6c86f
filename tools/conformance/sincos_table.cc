// SPDX-License-Identifier: MIT
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/stack.h>

#include "snclr/core/nn/position_embedding.h"
#include "tools/conformance/cases.h"

namespace snclr {
namespace {

constexpr Tolerance kRows{0, 1e-6};
constexpr double kChecksums = 1e-6;

// Sum, sum of absolute values, sum of squares, and the mean weighted by
// (row + 1)(column + 1), which sees two entries exchanged.
at::Tensor Checksums(const at::Tensor& table) {
  const auto weights = at::outer(at::arange(1, table.size(0) + 1, at::kDouble),
                                 at::arange(1, table.size(1) + 1, at::kDouble));
  return at::stack({table.sum(), table.abs().sum(), table.square().sum(),
                    table.mul(weights).sum().div(weights.sum())});
}

}  // namespace

void CheckSincosTable(const GoldenFile& golden, Verdict& verdict) {
  const auto table =
      SinCosPositions(golden.Int("grid"), golden.Int("embed_dim")).squeeze(0);
  verdict.Compare("rows", table.index_select(0, golden.Tensor("in.rows")),
                  golden.Tensor("out.rows"), kRows);
  verdict.CompareElements("checksums", Checksums(table.to(at::kDouble)),
                          golden.Tensor("out.checksums"), kChecksums);
}

}  // namespace snclr
