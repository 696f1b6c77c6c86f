// SPDX-License-Identifier: MIT
// Claim: SNCLR's loss needs no [B, W B (K+1)] matrix. Forward and backward pass
// of the streaming loss against the dense formulation, in one process; the
// gather is simulated by drawing the candidates of all ranks.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <cmath>
#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gflags/gflags.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/dense_soft_neighbor_loss.h"
#include "snclr/positiveness.h"
#include "snclr/soft_neighbor_loss.h"
#include "tools/bench/measure.h"

DEFINE_int32(batch, 128, "B, images on a rank");
DEFINE_int32(ranks, 8, "W, ranks whose candidates are columns");
DEFINE_int32(neighbors, 30, "K, neighbours of a key");
DEFINE_int32(dim, 256, "D, embedding size");
DEFINE_int32(block, 0, "columns looked at together; 0: the library's choice");
DEFINE_int32(repeats, 20, "timed repetitions");

namespace snclr {
namespace {

constexpr double kTemperature = 0.2;
constexpr double kFloat32Rounding = 1e-5;  // relative, between summation orders

at::Tensor Draws(at::IntArrayRef shape, uint64_t seed) {
  at::Tensor draws = at::empty(shape, at::kFloat);
  Random random(seed, {kStreamSubset});
  float* const data = draws.data_ptr<float>();
  for (int64_t i = 0; i < draws.numel(); ++i) data[i] = random.Normal();
  return draws;
}

struct Inputs {
  at::Tensor predictions =
      Draws({FLAGS_batch, FLAGS_dim}, 1).set_requires_grad(true);
  at::Tensor embeddings =
      Draws({FLAGS_batch, FLAGS_dim}, 2).set_requires_grad(true);
  at::Tensor candidates_global = UnitRows(
      Draws({FLAGS_ranks * FLAGS_batch, FLAGS_neighbors + 1, FLAGS_dim}, 3));
  int64_t rank = FLAGS_ranks / 2;

  void ClearGradients() const {
    predictions.mutable_grad() = at::Tensor();
    embeddings.mutable_grad() = at::Tensor();
  }
};

double Streaming(const Inputs& inputs) {
  inputs.ClearGradients();
  const at::Tensor own = inputs.candidates_global.narrow(
      0, inputs.rank * FLAGS_batch, FLAGS_batch);
  const at::Tensor loss = SoftNeighborLoss(
      UnitRows(inputs.predictions),
      PositivenessOf(inputs.embeddings, own.narrow(1, 1, FLAGS_neighbors),
                     {COSINE}),
      own, inputs.candidates_global.flatten(0, 1),
      {CODE, kTemperature, /*neighbors_as_negatives=*/true, FLAGS_block});
  loss.backward();
  return loss.item<double>();
}

double Dense(const Inputs& inputs) {
  inputs.ClearGradients();
  const at::Tensor loss = DenseSoftNeighborLoss(
      UnitRows(inputs.predictions), inputs.embeddings, inputs.candidates_global,
      inputs.rank, {COSINE}, {CODE, kTemperature});
  loss.backward();
  return loss.item<double>();
}

double RelativeDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
}

// Both forms give one loss and one gradient, or what is timed is worth nothing.
absl::Status CheckEqual(const Inputs& inputs) {
  const double streaming = Streaming(inputs);
  const at::Tensor q_gradient = inputs.predictions.grad();
  const at::Tensor y_gradient = inputs.embeddings.grad();
  const double dense = Dense(inputs);
  if (std::abs(streaming - dense) > kFloat32Rounding * dense ||
      RelativeDifference(q_gradient, inputs.predictions.grad()) >
          kFloat32Rounding ||
      RelativeDifference(y_gradient, inputs.embeddings.grad()) >
          kFloat32Rounding) {
    return absl::InternalError(absl::StrCat("the two forms differ: losses ",
                                            streaming, " and ", dense));
  }
  return absl::OkStatus();
}

absl::Status Run() {
  const Inputs inputs;
  const absl::Status equal = CheckEqual(inputs);
  if (!equal.ok()) return equal;
  inputs.ClearGradients();  // not to be given back while bytes are counted
  const int64_t streaming_bytes = PeakTensorBytes([&] { Streaming(inputs); });
  inputs.ClearGradients();
  const int64_t dense_bytes = PeakTensorBytes([&] { Dense(inputs); });
  const TwoTimes times =
      TimeInTurns([&] { Streaming(inputs); }, [&] { Dense(inputs); },
                  /*warmup=*/2, FLAGS_repeats);
  constexpr double kMiB = 1 << 20;
  std::printf("setting batch=%d ranks=%d neighbors=%d dim=%d threads=%d\n",
              FLAGS_batch, FLAGS_ranks, FLAGS_neighbors, FLAGS_dim,
              at::get_num_threads());
  std::printf(
      "soft_neighbor_loss_memory streaming_mib=%.2f dense_mib=%.2f "
      "ratio=%.1f\n",
      streaming_bytes / kMiB, dense_bytes / kMiB,
      static_cast<double>(dense_bytes) / streaming_bytes);
  std::printf(
      "soft_neighbor_loss_time streaming_median_ms=%.2f streaming_p90_ms=%.2f "
      "dense_median_ms=%.2f dense_p90_ms=%.2f ratio=%.2f\n",
      times.fast.median_ms, times.fast.p90_ms, times.plain.median_ms,
      times.plain.p90_ms, times.Ratio());
  return absl::OkStatus();
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine(
      "Memory and time of SNCLR's streaming loss against the dense form.", {},
      argc, argv);
  return snclr::ExitStatus(snclr::CatchTorch(snclr::Run));
}
