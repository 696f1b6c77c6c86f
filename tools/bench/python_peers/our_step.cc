// SPDX-License-Identifier: MIT
// This project's training step, made when it is told to: the counterpart of
// step.py, driven by step_in_turns.py. Reads lines from its input:
//
//   steps N   makes N steps             -> {"seconds": [...], "loss": ...}
//   probe     a 2048^3 float product    -> {"gflops": ...}
//   end       says what was held        -> {"peak_mib": ...}
#include <ATen/ops/empty.h>
#include <sys/resource.h>

#include <cctype>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "experiments/proto/spec.h"
#include "experiments/registry/methods.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/threads.h"
#include "gflags/gflags.h"
#include "google/protobuf/text_format.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/process_settings.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/ops/matrix_rate.h"

DEFINE_string(method, "snclr", "snclr, moco_v3 or nnclr");
DEFINE_string(encoder, "vit_small", "vit_tiny, vit_small or vit_base");
DEFINE_int32(image, 224, "side, pixels");
DEFINE_int32(patch, 16, "side, pixels");
DEFINE_int32(batch, 16, "images of a step");
DEFINE_int32(hidden, 4096, "width of the heads");
DEFINE_int32(neighbors, 30, "K of SNCLR");
DEFINE_int32(bank, 16384, "rows of SNCLR's bank");
DEFINE_int32(threads, 0, "of LibTorch's operators; 0: the cores there are");

namespace snclr {
namespace {

double Seconds(const std::function<void()>& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

absl::StatusOr<ExperimentSpec> SpecOfFlags() {
  std::string variant = FLAGS_encoder;
  for (char& c : variant) c = static_cast<char>(std::toupper(c));
  const std::string method =
      FLAGS_method == "snclr"
          ? absl::StrCat(
                "snclr { objective: CODE positiveness: COSINE "
                "neighbors: ",
                FLAGS_neighbors, " bank { rows: ", FLAGS_bank, " } }")
          : FLAGS_method + " {}";
  const std::string head = absl::StrCat("hidden_dim: ", FLAGS_hidden);
  ExperimentSpec spec;
  if (!google::protobuf::TextFormat::ParseFromString(
          absl::StrCat(
              method, " name: 'bench' encoder { image_size_px: ", FLAGS_image,
              " vit { variant: ", variant, " patch_size_px: ", FLAGS_patch,
              " } } projector { layers: 3 ", head, " } predictor { layers: 2 ",
              head, " } data { procedural {} global_batch: ", FLAGS_batch,
              " }"),
          &spec)) {
    return absl::InvalidArgumentError(
        "--method or --encoder names nothing that there is");
  }
  return ResolveSpec(std::move(spec), "flags");
}

at::Tensor RandomImages(uint64_t seed) {
  at::Tensor images =
      at::empty({FLAGS_batch, 3, FLAGS_image, FLAGS_image}, at::kFloat);
  Random random(seed, {});
  float* const values = images.data_ptr<float>();
  for (int64_t i = 0; i < images.numel(); ++i) {
    values[i] = static_cast<float>(random.Normal());
  }
  return images;
}

nlohmann::json Steps(Learner& learner, const Views& views, int count) {
  std::vector<double> seconds;
  double loss = 0;
  for (int i = 0; i < count; ++i) {
    seconds.push_back(Seconds(
        [&] { loss = learner.Step(views).output.loss.item<double>(); }));
  }
  return {{"seconds", seconds}, {"loss", loss}};
}

nlohmann::json Probe() {
  return {{"gflops", MeasureMatrixRate(at::kCPU) / 1e9}};
}

nlohmann::json End() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return {{"peak_mib", usage.ru_maxrss / 1024.0}};
}

absl::Status Serve() {
  SetMathThreads(FLAGS_threads);
  ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOfFlags());
  SingleProcess alone;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Learner> learner,
      Learner::Create(spec, RegisteredMethods().at(MethodName(spec)),
                      /*steps_per_epoch=*/1000, alone));
  const Views views = {RandomImages(1), RandomImages(2)};
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    int count = 1;
    words >> command >> count;
    const nlohmann::json answer = command == "probe" ? Probe()
                                  : command == "end"
                                      ? End()
                                      : Steps(*learner, views, count);
    std::cout << answer << std::endl;
    if (command == "end") break;
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::UsePatientThreads(argv);
  snclr::KeepFreedMemory();
  snclr::ParseCommandLine("This project's training step, made when told to.",
                          {}, argc, argv);
  return snclr::ExitStatus(snclr::CatchTorch(snclr::Serve));
}
