// SPDX-License-Identifier: MIT
// What a program that makes training steps wants of the libraries below it, and
// cannot ask LibTorch for. Measured in tools/bench/README.md.
//
//   int main(int argc, char** argv) {
//     snclr::UsePatientThreads(argv);  // first of all
//     snclr::KeepTensorMemory();       // tensor_memory.h
#ifndef SNCLR_CORE_BASE_PROCESS_SETTINGS_H_
#define SNCLR_CORE_BASE_PROCESS_SETTINGS_H_

namespace snclr {

// Threads that have nothing to do sleep instead of spinning. LibTorch's
// operators and OpenBLAS have threads of their own; while those of the one
// spin, those of the other wait for a core, in turns, all through a step.
//
// OpenMP and OpenBLAS read this from the environment (OMP_WAIT_POLICY=passive,
// OPENBLAS_THREAD_TIMEOUT=4) when they are loaded, before main(). So where one
// of them is not set this starts the program anew, as the same process with the
// same arguments. What the user has set stays.
void UsePatientThreads(char** argv);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_PROCESS_SETTINGS_H_
