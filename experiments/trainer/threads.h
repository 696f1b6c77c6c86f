// SPDX-License-Identifier: MIT
// How many threads LibTorch's operators use.
#ifndef EXPERIMENTS_TRAINER_THREADS_H_
#define EXPERIMENTS_TRAINER_THREADS_H_

namespace snclr {

// Sets the threads of LibTorch's operators and of the BLAS below them (OpenBLAS
// has its own), and returns how many there are: `threads`, or for 0 the cores
// this process may run on, no more than OMP_NUM_THREADS where that is set. Call
// before the first operator.
//
// How these threads wait for each other is decided when the process starts, see
// snclr/core/base/process_settings.h.
int SetMathThreads(int threads);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_THREADS_H_
