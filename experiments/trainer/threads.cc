// SPDX-License-Identifier: MIT
#include "experiments/trainer/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>

namespace snclr {
namespace {

int DefaultThreads() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  int count =
      sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : 1;
  const char* limit = std::getenv("OMP_NUM_THREADS");
  if (limit != nullptr && std::atoi(limit) > 0) {
    count = std::min(count, std::atoi(limit));
  }
  return std::max(count, 1);
}

}  // namespace

int SetMathThreads(int threads) {
  if (threads == 0) threads = DefaultThreads();
  at::set_num_threads(threads);
  // Only where the BLAS is OpenBLAS; others take LibTorch's number.
  const auto set_blas_threads = reinterpret_cast<void (*)(int)>(
      dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_blas_threads != nullptr) set_blas_threads(threads);
  return threads;
}

}  // namespace snclr
