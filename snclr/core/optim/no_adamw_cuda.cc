// SPDX-License-Identifier: MIT
// The half of adamw_cuda.h for builds without CUDA.
#include <c10/util/Exception.h>

#include "snclr/core/optim/adamw_cuda.h"

namespace snclr {
namespace {

[[noreturn]] void Fail() {
  TORCH_CHECK(false, "this program was built without CUDA");
}

}  // namespace

void AdamWUpdateOnGpu(const AdamWStep&, const AdamWStretch<float>&) { Fail(); }

void AdamWUpdateOnGpu(const AdamWStep&, const AdamWStretch<double>&) { Fail(); }

void MakeAdamWStepOnGpu(const MakeAdamWStep&) { Fail(); }

void AdamWUpdateOnGpu(const AdamWStep*, const StepNumbers*,
                      const AdamWStretch<float>&) {
  Fail();
}

void AdamWUpdateOnGpu(const AdamWStep*, const StepNumbers*,
                      const AdamWStretch<double>&) {
  Fail();
}

}  // namespace snclr
