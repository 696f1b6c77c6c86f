// SPDX-License-Identifier: MIT
// The half of gpu_facts.h for builds without CUDA.
#include <c10/util/Exception.h>

#include "snclr/core/base/gpu_facts.h"

namespace snclr {
namespace {

constexpr char kWithout[] = "this program was built without CUDA";

}  // namespace

bool BuiltForGpus() { return false; }

bool GpuHasBfloat16() { TORCH_CHECK(false, kWithout); }

std::string GpuName() { TORCH_CHECK(false, kWithout); }

GpuMemory GpuMemoryNow() { TORCH_CHECK(false, kWithout); }

}  // namespace snclr
