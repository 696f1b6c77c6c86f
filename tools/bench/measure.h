// SPDX-License-Identifier: MIT
// What benchmarks measure with: times in turns, and memory that operators take.
#ifndef TOOLS_BENCH_MEASURE_H_
#define TOOLS_BENCH_MEASURE_H_

#include <cstdint>
#include <functional>
#include <vector>

namespace snclr {

struct Times {
  double median_ms;
  double p90_ms;
};

struct TwoTimes {
  Times fast;
  Times plain;

  double Ratio() const { return plain.median_ms / fast.median_ms; }
};

// Runs each of `bodies` `warmup` times, then `repeats` times, in turns, so that
// what slows the machine for a while meets all; in the order of `bodies`.
std::vector<Times> TimeAllInTurns(
    const std::vector<std::function<void()>>& bodies, int warmup, int repeats);

// The same of two.
TwoTimes TimeInTurns(const std::function<void()>& fast,
                     const std::function<void()>& plain, int warmup,
                     int repeats);

// The most bytes that tensors made on the CPU by this thread (and by the
// backward pass that it starts) held at one time during `body`, beyond what was
// there before. Counted by c10::MemoryReportingInfoBase, which the CPU
// allocator tells of each allocation and release; libraries' own scratch memory
// (BLAS) is not seen.
int64_t PeakTensorBytes(const std::function<void()>& body);

}  // namespace snclr

#endif  // TOOLS_BENCH_MEASURE_H_
