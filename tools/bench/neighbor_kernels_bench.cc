// SPDX-License-Identifier: MIT
#include "tools/bench/neighbor_kernels_bench.h"

#include <ATen/TensorOperators.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>

#include <cstdint>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "gflags/gflags.h"
#include "snclr/core/ops/find_nearest_rows.h"
#include "snclr/core/ops/matrix_rate.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/soft_neighbor_loss.h"
#include "tools/bench/measure.h"

DEFINE_int64(batch, 1024, "B, queries");
DEFINE_int64(neighbors, 30, "K");
DEFINE_int64(bank, 128000, "M, rows");
DEFINE_int64(dim, 256, "D");
DECLARE_int32(repeats);

namespace snclr {
namespace {

constexpr int kWarmup = 3;
constexpr double kTemperature = 0.2;

// Float32 sums in two orders.
constexpr double kSimilarityRounding = 2e-6;
constexpr double kGradientRounding = 5e-5;  // of the largest

void Synchronize() { at::detail::getCUDAHooks().deviceSynchronize(0); }

at::Tensor UnitDraws(at::IntArrayRef shape) {
  return UnitRows(
      at::randn(shape, at::TensorOptions(at::kCUDA).dtype(at::kFloat)));
}

double Largest(const at::Tensor& tensor) {
  return tensor.abs().max().item<double>();
}

// One line; the floor is the matrix products' time at the machine's rate for
// that dtype, as LibTorch's own products reach it.
void Print(const char* kernel, const char* dtype, double operations,
           double rate, const TwoTimes& times) {
  const double floor_ms = 1e3 * operations / rate;
  std::printf(
      "%s dtype=%s batch=%lld neighbors=%lld bank=%lld floor_ms=%.3f "
      "fused_median_ms=%.3f fused_p90_ms=%.3f operators_median_ms=%.3f "
      "ratio=%.2f of_floor=%.2f\n",
      kernel, dtype, static_cast<long long>(FLAGS_batch),
      static_cast<long long>(FLAGS_neighbors),
      static_cast<long long>(FLAGS_bank), floor_ms, times.fast.median_ms,
      times.fast.p90_ms, times.plain.median_ms, times.Ratio(),
      floor_ms / times.fast.median_ms);
}

absl::Status BenchSearch(const at::Tensor& queries, const at::Tensor& rows,
                         const char* dtype, double rate) {
  const int64_t k = FLAGS_neighbors;
  const NearestRows fused = FindNearestRows(queries, rows, k);
  const NearestRows plain = FindNearestRowsByOperators(queries, rows, k);
  const double apart = Largest(fused.similarity - plain.similarity);
  if (!(apart < kSimilarityRounding)) {
    return absl::InternalError(
        absl::StrCat("the two searches in ", dtype, " differ by ", apart));
  }
  const TwoTimes times = TimeInTurns(
      [&] {
        FindNearestRows(queries, rows, k);
        Synchronize();
      },
      [&] {
        FindNearestRowsByOperators(queries, rows, k);
        Synchronize();
      },
      kWarmup, FLAGS_repeats);
  Print("bank_search", dtype,
        2.0 * static_cast<double>(FLAGS_batch * FLAGS_bank * FLAGS_dim), rate,
        times);
  return absl::OkStatus();
}

absl::Status BenchLoss(double rate) {
  const int64_t batch = FLAGS_batch, neighbors = FLAGS_neighbors;
  const at::Tensor queries =
      UnitDraws({batch, FLAGS_dim}).set_requires_grad(true);
  const at::Tensor weights =
      at::softmax(UnitDraws({batch, neighbors}), 1).set_requires_grad(true);
  const at::Tensor candidates = UnitDraws({batch, neighbors + 1, FLAGS_dim});
  const auto run = [&](int64_t block) {
    queries.mutable_grad() = at::Tensor();
    weights.mutable_grad() = at::Tensor();
    const at::Tensor loss =
        SoftNeighborLoss(queries, weights, candidates, candidates.flatten(0, 1),
                         {CODE, kTemperature, true, block});
    loss.backward();
    Synchronize();
    return loss.item<double>();
  };
  // What the operators take at a time is what they took before there was a
  // kernel.
  const int64_t block = (int64_t{1} << 23) / batch;
  const double fused = run(0);
  const at::Tensor fused_gradient = queries.grad();
  const double plain = run(block);
  const double apart =
      Largest(fused_gradient - queries.grad()) / Largest(queries.grad());
  if (!(apart < kGradientRounding)) {
    return absl::InternalError(absl::StrCat("the two losses, ", fused, " and ",
                                            plain,
                                            ", have gradients that "
                                            "differ by ",
                                            apart));
  }
  const TwoTimes times =
      TimeInTurns([&] { run(0); }, [&] { run(block); }, kWarmup, FLAGS_repeats);
  Print("soft_neighbor_loss", "fp32",
        4.0 * static_cast<double>(batch * batch * (neighbors + 1) * FLAGS_dim),
        rate, times);
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchNeighborKernels() {
  const double float_rate = MeasureMatrixRate(at::kCUDA, at::kFloat, 4096);
  const double half_rate = MeasureMatrixRate(at::kCUDA, at::kBFloat16, 8192);
  std::printf("matrix fp32_tflops=%.1f bf16_tflops=%.1f\n", float_rate / 1e12,
              half_rate / 1e12);
  const at::Tensor queries = UnitDraws({FLAGS_batch, FLAGS_dim});
  const at::Tensor rows = UnitDraws({FLAGS_bank, FLAGS_dim});
  absl::Status done = BenchSearch(queries, rows, "fp32", float_rate);
  if (done.ok()) {
    done = BenchSearch(queries, rows.to(at::kBFloat16), "bf16", half_rate);
  }
  return done.ok() ? BenchLoss(float_rate) : done;
}

}  // namespace snclr
