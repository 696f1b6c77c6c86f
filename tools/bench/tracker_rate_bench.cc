// SPDX-License-Identifier: MIT
// Claim: recording 100,000 metrics a second slows a step by less than 1 %.
// Steps of arithmetic on every core, with a recorder that is told of each step
// and without, in turns; then everything must be in the database.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "experiments/tracker/recorder.h"
#include "experiments/tracker/tracker.h"
#include "gflags/gflags.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"
#include "tools/bench/measure.h"

DEFINE_double(rate, 100000, "metrics a second");
DEFINE_double(step_ms, 10, "length of a step, about");
DEFINE_int32(steps, 100, "steps of a timed block");
DEFINE_int32(repeats, 9, "timed blocks of either kind");
DEFINE_int32(threads, 0, "that a step computes on; 0: one for each core");

namespace snclr {
namespace {

double CpuSeconds(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * time.tv_nsec;
}

// `rounds` sums over what fits the first cache; returned, so that it happens.
double Work(int64_t rounds) {
  constexpr int kFloats = 4096;
  static thread_local std::vector<float> values(kFloats, 1e-3f);
  for (int64_t round = 0; round < rounds; ++round) {
    for (float& value : values) value = value * 0.999f + 1e-6f;
  }
  return values[0];
}

// How many rounds a step has.
int64_t RoundsOfAStep() {
  constexpr int64_t kTrial = 20000;
  Work(kTrial);
  const double start = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
  Work(kTrial);
  const double seconds = CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - start;
  return std::max<int64_t>(kTrial * FLAGS_step_ms / 1e3 / seconds, 1);
}

class Training {
 public:
  Training()
      : rounds_(RoundsOfAStep()),
        threads_(FLAGS_threads > 0 ? FLAGS_threads
                                   : std::thread::hardware_concurrency()) {
    const int names = std::lround(FLAGS_rate * FLAGS_step_ms / 1e3);
    for (int i = 0; i < names; ++i) {
      values_.push_back({absl::StrFormat("layer_%04d/gradient_norm", i), 0});
    }
  }

  int names() const { return values_.size(); }
  int64_t steps() const { return step_; }

  // CPU seconds of a block's threads: all of them, and those that recording
  // took on the thread that steps.
  struct Cost {
    double work = 0;
    double recording = 0;
  };
  const Cost& cost() const { return cost_; }

  // FLAGS_steps steps; null: nothing is recorded.
  void Block(Recorder* recorder) {
    std::vector<std::thread> threads;
    std::vector<double> seconds(threads_);
    for (int t = 0; t < threads_; ++t) {
      threads.emplace_back([&, t] {
        const double start = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < FLAGS_steps; ++i) {
          const double result = Work(rounds_);
          if (t == 0 && recorder != nullptr) Record(result, *recorder);
        }
        seconds[t] = CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - start;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const double s : seconds) cost_.work += s;
  }

 private:
  void Record(double result, Recorder& recorder) {
    const double start = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
    for (MetricValue& value : values_) value.value = result + step_;
    recorder.Metrics(step_, step_ / 1000.0, values_);
    ++step_;
    cost_.recording += CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - start;
  }

  const int64_t rounds_;
  const int threads_;
  std::vector<MetricValue> values_;
  int64_t step_ = 0;
  Cost cost_;
};

absl::Status CheckWhole(const std::string& db, const Training& training) {
  ASSIGN_OR_RETURN(const auto tracker, Tracker::Open(db));
  ASSIGN_OR_RETURN(const auto runs, tracker->Runs());
  for (const int name : {0, training.names() - 1}) {
    ASSIGN_OR_RETURN(
        const auto points,
        tracker->Series(runs.at(0).id,
                        absl::StrFormat("layer_%04d/gradient_norm", name)));
    if (static_cast<int64_t>(points.size()) != training.steps()) {
      return absl::InternalError(absl::StrCat(
          points.size(), " of ", training.steps(), " points were recorded"));
    }
  }
  return absl::OkStatus();
}

absl::Status Measure(const std::string& folder) {
  RunInfo info;
  info.run = "rate/001";
  info.name = "rate";
  info.folder = folder + "/rate/001";
  const std::string db = folder + "/tracker.sqlite";
  ASSIGN_OR_RETURN(auto recorder, StartRecorder(info, db, absl::Seconds(10)));
  Training training;
  const double cpu_start = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
  const TwoTimes times = TimeInTurns([&] { training.Block(recorder.get()); },
                                     [&] { training.Block(nullptr); },
                                     /*warmup=*/1, FLAGS_repeats);
  const double background =
      CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start - training.cost().work;
  const timespec begin = [] {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time;
  }();
  RETURN_IF_ERROR(recorder->Finish(RunStatus::kFinished, ""));
  timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  RETURN_IF_ERROR(CheckWhole(db, training));
  const double metrics = static_cast<double>(training.names()) *
                         static_cast<double>(training.steps());
  const double recording_ms =
      1e3 * training.cost().recording / static_cast<double>(training.steps());
  std::printf(
      "metrics=%.0f metrics_per_second=%.0f step_alone_ms=%.3f"
      " step_recorded_ms=%.3f slower_percent=%.2f"
      " recording_on_step_percent=%.2f background_us_per_metric=%.2f"
      " finish_s=%.2f\n",
      metrics, training.names() * FLAGS_steps * 1e3 / times.fast.median_ms,
      times.plain.median_ms / FLAGS_steps, times.fast.median_ms / FLAGS_steps,
      100 * (times.fast.median_ms / times.plain.median_ms - 1),
      100 * recording_ms / FLAGS_step_ms, 1e6 * background / metrics,
      static_cast<double>(end.tv_sec - begin.tv_sec) +
          1e-9 * (end.tv_nsec - begin.tv_nsec));
  return absl::OkStatus();
}

absl::Status Run() {
  if (FLAGS_rate <= 0 || FLAGS_step_ms <= 0 || FLAGS_steps < 1 ||
      FLAGS_repeats < 1 || FLAGS_threads < 0 ||
      FLAGS_rate * FLAGS_step_ms < 1e3) {
    return absl::InvalidArgumentError(
        "--rate and --step_ms must give at least one metric a step; --steps"
        " and --repeats must be positive");
  }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      absl::StrCat("snclr_tracker_rate_", getpid());
  const absl::Status status = Measure(folder.string());
  std::filesystem::remove_all(folder);
  return status;
}

}  // namespace
}  // namespace snclr

int main(int argc, char** argv) {
  snclr::ParseCommandLine(
      "Times steps with and without a recorder that is told many metrics.", {},
      argc, argv);
  return snclr::ExitStatus(snclr::Run());
}
