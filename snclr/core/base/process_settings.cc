// SPDX-License-Identifier: MIT
#include "snclr/core/base/process_settings.h"

#include <unistd.h>

#include <cstdlib>

namespace snclr {
namespace {

// Whether it was missing.
bool SetWhereMissing(const char* name, const char* value) {
  return std::getenv(name) == nullptr && setenv(name, value, 0) == 0;
}

}  // namespace

void UsePatientThreads(char** argv) {
  const bool waits = SetWhereMissing("OMP_WAIT_POLICY", "passive");
  // A power of two, in clock cycles; 4 is the least that OpenBLAS takes.
  const bool blas = SetWhereMissing("OPENBLAS_THREAD_TIMEOUT", "4");
  // Comes back only where it fails; then the program is slower, no more.
  if (waits || blas) execv("/proc/self/exe", argv);
}

}  // namespace snclr
