// SPDX-License-Identifier: MIT
// How a step that is the same work each time is made: by calling it, or, on a
// GPU, by repeating what one call has launched (a CUDA graph), which costs the
// CPU a single call where a ViT-S step has two thousand.
#ifndef EXPERIMENTS_TRAINER_STEP_RUNNER_H_
#define EXPERIMENTS_TRAINER_STEP_RUNNER_H_

#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <string>

#include "experiments/proto/experiment.pb.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

class StepRunner {
 public:
  virtual ~StepRunner() = default;

  // Makes a step. A runner that repeats may go back to an earlier call instead
  // of making this one, so every call of one runner gets the same step, which
  //   - reads what changes from step to step from device memory, always the
  //   same,
  //   - leaves what it makes in tensors that the next repetition overwrites,
  //   - never waits for the device.
  // Throws as the step does.
  virtual void Run(const std::function<void()>& step) = 0;

  // Whether it repeats: then the above holds.
  virtual bool repeats() const = 0;

  // Why steps are called though they were to be repeated: a line for a person,
  // once; empty where there is nothing (new) to say.
  virtual std::string TakeNote() { return ""; }
};

// Calls each step.
std::unique_ptr<StepRunner> MakeCallingRunner();

// What it calls around a recording and before a repetition.
struct RecordingHooks {
  std::function<void()> begin;   // exchanges are recorded, not made, from here
  std::function<void()> end;     // to here
  std::function<void()> repeat;  // before what was recorded runs
};

// A CUDA graph on `device`: the first steps are called, on a stream of its own,
// so that libraries choose their kernels and allocate what they keep; the next
// one is recorded; the rest repeat it. What runs on the current stream before
// and after Run() is ordered with it. A step that cannot be recorded is called
// from then on, and TakeNote() says why. Throws c10::Error in a program that
// was built without CUDA.
std::unique_ptr<StepRunner> MakeGraphRunner(c10::Device device,
                                            RecordingHooks hooks);

// Whether the steps of a run are to be repeated by a graph.
struct GraphChoice {
  bool graph = false;
  std::string note;  // why not, where that may surprise; else empty
};
GraphChoice ChooseGraph(ParallelismSpec::CudaGraph wanted, c10::Device device,
                        const ProcessGroup& group);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_STEP_RUNNER_H_
