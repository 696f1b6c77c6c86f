// SPDX-License-Identifier: MIT
// The half of MakeGraphRunner() for builds without CUDA.
#include <c10/util/Exception.h>

#include "experiments/trainer/step_runner.h"

namespace snclr {

std::unique_ptr<StepRunner> MakeGraphRunner(c10::Device, RecordingHooks) {
  TORCH_CHECK(false, "this program was built without CUDA");
}

}  // namespace snclr
