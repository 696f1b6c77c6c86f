// SPDX-License-Identifier: MIT
#include "experiments/process/cores.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>

namespace snclr {

std::vector<int> AllowedCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

int AvailableCores() {
  return std::max(static_cast<int>(AllowedCores().size()), 1);
}

int ThreadsPerProcess(int processes, int cores) {
  int threads = std::max(cores / std::max(processes, 1), 1);
  const char* limit = std::getenv("OMP_NUM_THREADS");
  if (limit != nullptr && std::atoi(limit) > 0) {
    threads = std::min(threads, std::atoi(limit));
  }
  return threads;
}

}  // namespace snclr
