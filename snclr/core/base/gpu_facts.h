// SPDX-License-Identifier: MIT
// What is known of the current GPU.
#ifndef SNCLR_CORE_BASE_GPU_FACTS_H_
#define SNCLR_CORE_BASE_GPU_FACTS_H_

#include <cstdint>
#include <string>

namespace snclr {

// Whether this program was built with --config=cuda. In one that was not, the
// functions below throw c10::Error.
bool BuiltForGpus();

bool GpuHasBfloat16();  // in its matrix units: Ampere and newer

std::string GpuName();  // "NVIDIA H100 80GB HBM3"

// In bytes; what LibTorch's tensors take, now and at most since the beginning,
// and what the device has for all processes.
struct GpuMemory {
  int64_t used = 0;
  int64_t peak = 0;
  int64_t total = 0;
};
GpuMemory GpuMemoryNow();

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_GPU_FACTS_H_
