// SPDX-License-Identifier: MIT
#include "experiments/trainer/step_runner.h"

namespace snclr {
namespace {

class CallingRunner final : public StepRunner {
 public:
  void Run(const std::function<void()>& step) override { step(); }
  bool repeats() const override { return false; }
};

}  // namespace

std::unique_ptr<StepRunner> MakeCallingRunner() {
  return std::make_unique<CallingRunner>();
}

GraphChoice ChooseGraph(ParallelismSpec::CudaGraph wanted, c10::Device device,
                        const ProcessGroup& group) {
  const bool asked = wanted == ParallelismSpec::ON;
  if (!asked && wanted != ParallelismSpec::AUTO) return {};
  if (!device.is_cuda()) {
    return {false, asked ? "no CUDA graph: this run is on the CPU" : ""};
  }
  if (group.size() == 1) return {true, ""};
  if (!asked) return {};
  if (!group.CanRecord()) {
    return {false,
            "no CUDA graph: the ranks' exchanges pass through the CPU "
            "(parallelism.backend: GLOO)"};
  }
  return {true, ""};
}

}  // namespace snclr
