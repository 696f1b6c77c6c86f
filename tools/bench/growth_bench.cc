// SPDX-License-Identifier: MIT
// Claim: cost grows no faster than it must. A step's time with the batch, the
// loss's time and memory with K and with W, a neighbour search's time with the
// bank: each is measured at sizes that double, in turns, and printed with its
// cost for a unit of size. `growth` is the largest size's cost for a unit over
// the smallest's: 1 is linear, below 1 has a fixed part.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "experiments/proto/spec.h"
#include "experiments/registry/methods.h"
#include "experiments/trainer/learner.h"
#include "gflags/gflags.h"
#include "google/protobuf/text_format.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/process_settings.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/tensor_memory.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/neighbor_bank.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/positiveness.h"
#include "snclr/soft_neighbor_loss.h"
#include "tools/bench/measure.h"

DEFINE_int32(batch, 128, "B, images on a rank, of the loss and the search");
DEFINE_int32(dim, 256, "D, embedding size");
DEFINE_int32(repeats, 9, "timed repetitions of each size");

namespace snclr {
namespace {

at::Tensor Draws(at::IntArrayRef shape, uint64_t seed) {
  at::Tensor draws = at::empty(shape, at::kFloat);
  Random random(seed, {kStreamSubset});
  float* const data = draws.data_ptr<float>();
  for (int64_t i = 0; i < draws.numel(); ++i) {
    data[i] = static_cast<float>(random.Normal());
  }
  return draws;
}

// One row of a series, at one size.
struct Point {
  int64_t size;
  std::function<void()> body;
};

void Print(const std::string& what, const std::string& unit,
           const std::vector<Point>& points, bool with_memory) {
  std::vector<std::function<void()>> bodies;
  for (const Point& point : points) bodies.push_back(point.body);
  std::vector<double> mib;
  for (const Point& point : points) {
    point.body();  // what is made once does not count
    mib.push_back(
        static_cast<double>(with_memory ? PeakTensorBytes(point.body) : 0) /
        (1 << 20));
  }
  const std::vector<Times> times =
      TimeAllInTurns(bodies, /*warmup=*/1, FLAGS_repeats);
  const auto growth = [&](double last, double first) {
    return last / static_cast<double>(points.back().size) /
           (first / static_cast<double>(points.front().size));
  };
  for (size_t i = 0; i < points.size(); ++i) {
    std::printf("%s %s=%lld median_ms=%.2f p90_ms=%.2f", what.c_str(),
                unit.c_str(), static_cast<long long>(points[i].size),
                times[i].median_ms, times[i].p90_ms);
    if (with_memory) std::printf(" peak_mib=%.2f", mib[i]);
    std::printf("\n");
  }
  std::printf("%s over=%s growth=%.2f", what.c_str(), unit.c_str(),
              growth(times.back().median_ms, times.front().median_ms));
  if (with_memory) {
    std::printf(" memory_growth=%.2f", growth(mib.back(), mib.front()));
  }
  std::printf("\n");
}

absl::StatusOr<ExperimentSpec> StepSpec(int64_t batch) {
  ExperimentSpec spec;
  if (!google::protobuf::TextFormat::ParseFromString(
          absl::StrCat(
              "name: 'growth' snclr {} encoder { image_size_px: 32 vit { "
              "variant: VIT_CUSTOM width: 96 depth: 4 heads: 3 patch_size_px: "
              "4 } } projector { layers: 3 hidden_dim: 512 } predictor { "
              "layers: 2 hidden_dim: 512 } data { procedural {} global_batch: ",
              batch, " }"),
          &spec)) {
    return absl::InternalError("the benchmark's own spec does not parse");
  }
  return ResolveSpec(std::move(spec), "growth");
}

absl::Status StepOverBatch(ProcessGroup& group) {
  std::vector<std::unique_ptr<Learner>> learners;
  std::vector<Point> points;
  for (const int64_t batch : {16, 32, 64, 128, 256}) {
    ASSIGN_OR_RETURN(const ExperimentSpec spec, StepSpec(batch));
    ASSIGN_OR_RETURN(
        std::unique_ptr<Learner> learner,
        Learner::Create(spec, RegisteredMethods().at(MethodName(spec)),
                        /*steps_per_epoch=*/1000, group));
    const Views views = {Draws({batch, 3, 32, 32}, 1),
                         Draws({batch, 3, 32, 32}, 2)};
    points.push_back({batch, [learner = learner.get(), views] {
                        learner->Step(views).output.loss.item<double>();
                      }});
    learners.push_back(std::move(learner));
  }
  Print("step", "batch", points, /*with_memory=*/false);
  return absl::OkStatus();
}

Point LossPoint(int64_t size, int64_t neighbors, int64_t ranks) {
  const int64_t batch = FLAGS_batch, dim = FLAGS_dim;
  const at::Tensor predictions = Draws({batch, dim}, 1).set_requires_grad(true);
  const at::Tensor embeddings = Draws({batch, dim}, 2).set_requires_grad(true);
  const at::Tensor columns =
      UnitRows(Draws({ranks * batch, neighbors + 1, dim}, 3));
  return {
      size, [=] {
        const at::Tensor own = columns.narrow(0, 0, batch);
        SoftNeighborLoss(
            UnitRows(predictions),
            PositivenessOf(embeddings, own.narrow(1, 1, neighbors), {COSINE}),
            own, columns.flatten(0, 1), {CODE, 0.2})
            .backward();
        predictions.mutable_grad() = at::Tensor();
        embeddings.mutable_grad() = at::Tensor();
      }};
}

void LossOverNeighborsAndRanks() {
  std::vector<Point> over_neighbors, over_ranks;
  for (const int64_t neighbors : {7, 15, 31, 63, 127}) {
    over_neighbors.push_back(LossPoint(neighbors + 1, neighbors, /*ranks=*/4));
  }
  Print("loss", "candidates_of_an_image", over_neighbors, /*with_memory=*/true);
  for (const int64_t ranks : {1, 2, 4, 8, 16, 32}) {
    over_ranks.push_back(LossPoint(ranks, /*neighbors=*/30, ranks));
  }
  Print("loss", "ranks", over_ranks, /*with_memory=*/true);
}

void SearchOverRows() {
  const at::Tensor queries = UnitRows(Draws({FLAGS_batch, FLAGS_dim}, 4));
  std::vector<std::unique_ptr<NeighborBank>> banks;
  std::vector<Point> points;
  for (const int64_t rows : {8192, 16384, 32768, 65536, 131072}) {
    banks.push_back(std::make_unique<NeighborBank>(
        NeighborBankOptions{rows, FLAGS_dim, RING}, /*seed=*/1, /*stream=*/0,
        at::TensorOptions(at::kFloat)));
    points.push_back({rows, [&queries, bank = banks.back().get()] {
                        bank->TopK(queries, 30);
                      }});
  }
  Print("search", "bank_rows", points, /*with_memory=*/true);
}

absl::Status Run() {
  std::printf("setting batch=%d dim=%d threads=%d\n", FLAGS_batch, FLAGS_dim,
              at::get_num_threads());
  SearchOverRows();
  LossOverNeighborsAndRanks();
  SingleProcess alone;
  return StepOverBatch(alone);
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::UsePatientThreads(argv);
  snclr::KeepTensorMemory();
  snclr::ParseCommandLine(
      "How costs grow: a step with its batch, the loss with K and W, a search "
      "with the bank.",
      {}, argc, argv);
  return snclr::ExitStatus(snclr::CatchTorch(snclr::Run));
}
