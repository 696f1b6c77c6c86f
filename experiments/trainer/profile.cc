// SPDX-License-Identifier: MIT
#include "experiments/trainer/profile.h"

#include <ATen/record_function.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "experiments/trainer/profile_summary.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/ops/matrix_rate.h"

namespace snclr {
namespace {

using torch::autograd::profiler::KinetoEvent;
using torch::autograd::profiler::ProfilerResult;

constexpr char kPhasePrefix[] = "step.";

int64_t NowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::set<torch::profiler::impl::ActivityType> Activities() {
  return {torch::profiler::impl::ActivityType::CPU,
          torch::profiler::impl::ActivityType::CUDA};
}

ProfileSummary Summarise(const std::vector<KinetoEvent>& events) {
  ProfileSummary summary;
  std::vector<PhaseSpan> spans;
  for (const KinetoEvent& event : events) {
    const std::string name = event.name();
    if (event.scope() == static_cast<uint8_t>(at::RecordScope::USER_SCOPE)) {
      if (!absl::StartsWith(name, kPhasePrefix)) continue;
      spans.push_back({std::string(absl::StripPrefix(name, kPhasePrefix)),
                       static_cast<int64_t>(event.startNs()),
                       static_cast<int64_t>(event.endNs())});
      continue;
    }
    if (absl::StartsWith(name, "aten::convolution")) {
      summary.has_convolutions = true;
    }
    if (event.hasShapes()) {
      summary.matrix_operations += MatrixOperations(name, event.shapes().vec());
    }
  }
  summary.phases = SelfTimes(std::move(spans));
  return summary;
}

// Kineto only logs where it cannot write.
absl::Status CheckWritten(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("writing ", path));
  }
  std::fclose(file);
  return absl::OkStatus();
}

}  // namespace

Profile::Profile(std::string path, c10::Device device)
    : path_(std::move(path)), device_(device) {}

Profile::~Profile() {
  if (recording_) torch::autograd::profiler::disableProfiler();
}

void Profile::Begin() {
  const torch::profiler::impl::ProfilerConfig config(
      torch::profiler::impl::ProfilerState::KINETO,
      /*report_input_shapes=*/true);
  torch::autograd::profiler::prepareProfiler(config, Activities());
  torch::autograd::profiler::enableProfiler(
      config, Activities(),
      {at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION,
       at::RecordScope::USER_SCOPE});
  recording_ = true;
  begin_ns_ = NowNs();
}

absl::StatusOr<std::vector<std::string>> Profile::End() {
  const int64_t wall_ns = NowNs() - begin_ns_;
  recording_ = false;
  std::vector<std::string> lines;
  const absl::Status written = CatchTorch([&] {
    const std::unique_ptr<ProfilerResult> result =
        torch::autograd::profiler::disableProfiler();
    ProfileSummary summary = Summarise(result->events());
    summary.steps = recorded_;
    summary.wall_ns = wall_ns;
    summary.matrix_rate = MeasureMatrixRate(device_);
    lines = Describe(summary);
    result->save(path_);
    return CheckWritten(path_);
  });
  if (!written.ok()) return written;
  lines.push_back(absl::StrCat("  trace, for ui.perfetto.dev: ", path_));
  return lines;
}

absl::StatusOr<std::vector<std::string>> Profile::BeforeStep() {
  if (recording_) {
    ++recorded_;
    if (recorded_ == kRecordedSteps) return End();
  } else if (steps_ == kPassedSteps) {
    const absl::Status begun = CatchTorch([&] {
      Begin();
      return absl::OkStatus();
    });
    if (!begun.ok()) return begun;
  }
  ++steps_;
  return std::vector<std::string>();
}

absl::StatusOr<std::vector<std::string>> Profile::AtEnd() {
  if (recorded_ == 0 && !recording_) {
    return std::vector<std::string>{
        absl::StrCat("no profile: it takes at least ", kPassedSteps + 1,
                     " steps, this run made ", steps_)};
  }
  if (!recording_) return std::vector<std::string>();
  ++recorded_;
  return End();
}

}  // namespace snclr
