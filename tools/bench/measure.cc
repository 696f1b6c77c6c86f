// SPDX-License-Identifier: MIT
#include "tools/bench/measure.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace snclr {
namespace {

class PeakCounter final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void* pointer, int64_t bytes, size_t total_allocated,
                         size_t total_reserved, c10::Device device) override {
    now_ += bytes;  // negative where memory is given back
    peak_ = std::max(peak_, now_);
  }
  bool memoryProfilingEnabled() const override { return true; }

  int64_t peak() const { return peak_; }

 private:
  int64_t now_ = 0;
  int64_t peak_ = 0;
};

double Milliseconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now() - start)
      .count();
}

Times Summary(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times[times.size() * 9 / 10]};
}

}  // namespace

std::vector<Times> TimeAllInTurns(
    const std::vector<std::function<void()>>& bodies, int warmup, int repeats) {
  std::vector<std::vector<double>> times(bodies.size());
  for (int i = 0; i < warmup + repeats; ++i) {
    for (size_t j = 0; j < bodies.size(); ++j) {
      const double time = Milliseconds(bodies[j]);
      if (i >= warmup) times[j].push_back(time);
    }
  }
  std::vector<Times> summaries;
  for (std::vector<double>& each : times) {
    summaries.push_back(Summary(std::move(each)));
  }
  return summaries;
}

TwoTimes TimeInTurns(const std::function<void()>& fast,
                     const std::function<void()>& plain, int warmup,
                     int repeats) {
  const std::vector<Times> times =
      TimeAllInTurns({fast, plain}, warmup, repeats);
  return {times[0], times[1]};
}

int64_t PeakTensorBytes(const std::function<void()>& body) {
  const auto counter = std::make_shared<PeakCounter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, counter);
  body();
  return counter->peak();
}

}  // namespace snclr
