// SPDX-License-Identifier: MIT
// The cores of this machine, shared fairly by the processes that are started.
#ifndef EXPERIMENTS_PROCESS_CORES_H_
#define EXPERIMENTS_PROCESS_CORES_H_

#include <vector>

namespace snclr {

// Numbers of the cores that this process may run on, ascending; empty where
// the system does not say.
std::vector<int> AllowedCores();

// How many those are, at least 1.
int AvailableCores();

// Threads for each of so many processes, so that together they fill the cores
// and are no more; at most OMP_NUM_THREADS where that is set, at least 1.
int ThreadsPerProcess(int processes, int cores);

}  // namespace snclr

#endif  // EXPERIMENTS_PROCESS_CORES_H_
