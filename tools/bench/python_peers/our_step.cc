// SPDX-License-Identifier: MIT
// This project's training step, made when it is told to: the counterpart of
// step.py, driven by step_in_turns.py and gpu_in_turns.py. Reads lines from its
// input:
//
//   steps N   makes N steps             -> {"seconds": [...], "loss": ...}
//   phases    makes three steps, the device waited for at each phase's end;
//             of the last one           -> {"phases": {"forward": s, ...}}
//   probe     the rate of products: a 2048^3 float one on a CPU, an 8192^3
//             bfloat16 one on a GPU     -> {"gflops": ...}
//   end       says what was held        -> {"peak_mib": ..., "gpu_peak_mib":
//   ...}
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/empty.h>
#include <ATen/record_function.h>
#include <sys/resource.h>

#include <cctype>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "experiments/proto/spec.h"
#include "experiments/registry/methods.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/profile_summary.h"
#include "experiments/trainer/threads.h"
#include "gflags/gflags.h"
#include "google/protobuf/text_format.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/device.h"
#include "snclr/core/base/gpu_facts.h"
#include "snclr/core/base/process_settings.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/tensor_memory.h"
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
DEFINE_string(bank_precision, "fp32", "fp32 or bf16: rows of SNCLR's bank");
DEFINE_string(device, "cpu", "cpu, cuda or auto");
DEFINE_string(precision, "fp32", "of autocast: fp32, bf16, ...");
DEFINE_bool(cuda_graph, false, "repeat steps as one CUDA graph");
DEFINE_int32(threads, 0, "of LibTorch's operators; 0: the cores there are");

namespace snclr {
namespace {

double Seconds(const std::function<void()>& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

// As the spec's enums are written.
std::string Capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

absl::StatusOr<ExperimentSpec> SpecOfFlags() {
  const std::string method =
      FLAGS_method == "snclr"
          ? absl::StrCat(
                "snclr { objective: CODE positiveness: COSINE "
                "neighbors: ",
                FLAGS_neighbors, " bank { rows: ", FLAGS_bank,
                " precision: ", Capitals(FLAGS_bank_precision), " } }")
          : FLAGS_method + " {}";
  const std::string head = absl::StrCat("hidden_dim: ", FLAGS_hidden);
  ExperimentSpec spec;
  if (!google::protobuf::TextFormat::ParseFromString(
          absl::StrCat(
              method, " name: 'bench' precision: ", Capitals(FLAGS_precision),
              " encoder { image_size_px: ", FLAGS_image,
              " vit { variant: ", Capitals(FLAGS_encoder),
              " patch_size_px: ", FLAGS_patch, " } } projector { layers: 3 ",
              head, " } predictor { layers: 2 ", head,
              " } data { procedural {} global_batch: ", FLAGS_batch, " }"),
          &spec)) {
    return absl::InvalidArgumentError(
        "--method, --encoder, --precision or --bank_precision names nothing "
        "that there is");
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

constexpr char kPhasePrefix[] = "step.";

// What RECORD_USER_SCOPE tells of, on this thread. The callbacks are functions
// without state of their own.
thread_local at::Device phase_device = at::kCPU;
thread_local std::vector<PhaseSpan>* phase_spans = nullptr;

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct PhaseBegin final : at::ObserverContext {
  int64_t begin_ns = 0;
};

void WaitForDevice() {
  if (phase_device.is_cuda()) {
    at::detail::getCUDAHooks().deviceSynchronize(phase_device.index());
  }
}

std::unique_ptr<at::ObserverContext> BeginPhase(const at::RecordFunction&) {
  WaitForDevice();
  auto begin = std::make_unique<PhaseBegin>();
  begin->begin_ns = NowNs();
  return begin;
}

void EndPhase(const at::RecordFunction& phase, at::ObserverContext* begin) {
  const std::string name = phase.name();
  if (!absl::StartsWith(name, kPhasePrefix)) return;
  WaitForDevice();
  phase_spans->push_back({std::string(absl::StripPrefix(name, kPhasePrefix)),
                          static_cast<PhaseBegin*>(begin)->begin_ns, NowNs()});
}

// Of a step alone, phase by phase: what would overlap does not. Without a CUDA
// graph, which has no phases.
nlohmann::json Phases(Learner& learner, const Views& views) {
  std::vector<PhaseSpan> spans;
  phase_device = learner.device();
  phase_spans = &spans;
  const at::CallbackHandle handle = at::addThreadLocalCallback(
      at::RecordFunctionCallback(BeginPhase, EndPhase)
          .scopes({at::RecordScope::USER_SCOPE}));
  double seconds = 0;
  for (int i = 0; i < 3; ++i) {
    spans.clear();
    seconds = Steps(learner, views, 1)["seconds"][0].get<double>();
  }
  at::removeCallback(handle);
  nlohmann::json phases;
  double named = 0;
  for (const auto& [name, ns] : SelfTimes(std::move(spans))) {
    phases[name] = ns / 1e9;
    named += ns / 1e9;
  }
  phases["rest"] = seconds - named;
  return {{"phases", phases}};
}

nlohmann::json Probe(at::Device device) {
  const double rate = device.is_cuda()
                          ? MeasureMatrixRate(device, at::kBFloat16, 8192)
                          : MeasureMatrixRate(device);
  return {{"gflops", rate / 1e9}};
}

nlohmann::json End(at::Device device) {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  nlohmann::json answer = {{"peak_mib", usage.ru_maxrss / 1024.0}};
  if (device.is_cuda()) {
    answer["gpu_peak_mib"] = GpuMemoryNow().peak / 1048576.0;
  }
  return answer;
}

absl::Status Serve() {
  SetMathThreads(FLAGS_threads);
  ASSIGN_OR_RETURN(const DeviceChoice choice, ParseDeviceChoice(FLAGS_device));
  ASSIGN_OR_RETURN(const ComputeDevice opened, OpenDevice(choice));
  const at::Device device = opened.device;
  ASSIGN_OR_RETURN(const ExperimentSpec spec, SpecOfFlags());
  SingleProcess alone;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Learner> learner,
      Learner::Create(spec, RegisteredMethods().at(MethodName(spec)),
                      /*steps_per_epoch=*/1000, alone, device));
  if (FLAGS_cuda_graph) learner->Use(learner->GraphRunner());
  const Views views = {RandomImages(1).to(device), RandomImages(2).to(device)};
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    int count = 1;
    words >> command >> count;
    nlohmann::json answer;
    if (command == "probe") {
      answer = Probe(device);
    } else if (command == "phases") {
      answer = Phases(*learner, views);
    } else if (command == "end") {
      answer = End(device);
    } else {
      answer = Steps(*learner, views, count);
    }
    const std::string note = learner->TakeNote();
    if (!note.empty()) answer["note"] = note;
    std::cout << answer << std::endl;
    if (command == "end") break;
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::UsePatientThreads(argv);
  snclr::KeepTensorMemory();
  snclr::ParseCommandLine("This project's training step, made when told to.",
                          {}, argc, argv);
  return snclr::ExitStatus(snclr::CatchTorch(snclr::Serve));
}
