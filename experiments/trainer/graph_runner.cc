// SPDX-License-Identifier: MIT
// Builds with CUDA alone; no_graph_runner.cc is the other half.
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/trainer/step_runner.h"

namespace snclr {
namespace {

// Of PyTorch's own advice: what is lazily made is there after one, what adapts
// after three.
constexpr int kCalledFirst = 3;

using PoolId = decltype(at::cuda::graph_pool_handle());

std::string FirstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

class GraphRunner final : public StepRunner {
 public:
  GraphRunner(c10::Device device, RecordingHooks hooks)
      : stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false,
                                             device.index())),
        hooks_(std::move(hooks)) {}

  void Run(const std::function<void()>& step) override {
    if (given_up_) return step();
    const c10::cuda::CUDAStream caller =
        c10::cuda::getCurrentCUDAStream(stream_.device_index());
    before_.record(caller);
    before_.block(stream_);
    {
      const c10::cuda::CUDAStreamGuard guard(stream_);
      if (graph_ != nullptr) {
        Repeat();
      } else if (called_ < kCalledFirst) {
        step();
        ++called_;
      } else {
        RecordAndRepeat(step);
      }
    }
    after_.record(stream_);
    after_.block(caller);
  }

  bool repeats() const override { return true; }

  std::string TakeNote() override { return std::exchange(note_, ""); }

 private:
  void Repeat() {
    hooks_.repeat();
    graph_->replay();
  }

  // Recording runs nothing: a step that fails in it has changed nothing on the
  // device, and is called instead.
  void RecordAndRepeat(const std::function<void()>& step) {
    const std::string why = Record(step);
    if (why.empty()) return Repeat();
    given_up_ = true;
    note_ = absl::StrCat(
        "steps are not repeated by a CUDA graph, but each launched by itself, "
        "as "
        "one could not be recorded: ",
        why);
    step();
  }

  std::string Record(const std::function<void()>& step) {
    // What the called steps left in the allocator would be of no use to the
    // graph, which has memory of its own.
    c10::cuda::device_synchronize();
    c10::cuda::CUDACachingAllocator::emptyCache();
    auto graph = std::make_unique<at::cuda::CUDAGraph>();
    const PoolId pool = at::cuda::graph_pool_handle();
    std::string why;
    hooks_.begin();
    try {
      // Other threads, which load data, go on calling CUDA meanwhile.
      graph->capture_begin(pool, cudaStreamCaptureModeThreadLocal);
      step();
    } catch (const c10::Error& error) {
      why = FirstLine(error.what_without_backtrace());
    } catch (const std::exception& error) {
      why = FirstLine(error.what());
    }
    try {
      graph->capture_end();
    } catch (const std::exception& error) {
      if (why.empty()) why = FirstLine(error.what());
      static_cast<void>(cudaGetLastError());
      ForgetPool(pool);
    }
    hooks_.end();
    if (why.empty()) graph_ = std::move(graph);
    return why;
  }

  // What capture_end() leaves undone where it fails.
  void ForgetPool(const PoolId& pool) {
    try {
      c10::cuda::CUDACachingAllocator::endAllocateToPool(stream_.device_index(),
                                                         pool);
      c10::cuda::CUDACachingAllocator::releasePool(stream_.device_index(),
                                                   pool);
    } catch (const std::exception&) {
      // It had done so.
    }
  }

  const c10::cuda::CUDAStream stream_;
  const RecordingHooks hooks_;
  at::cuda::CUDAEvent before_, after_;
  std::unique_ptr<at::cuda::CUDAGraph> graph_;
  int called_ = 0;
  bool given_up_ = false;
  std::string note_;
};

}  // namespace

std::unique_ptr<StepRunner> MakeGraphRunner(c10::Device device,
                                            RecordingHooks hooks) {
  return std::make_unique<GraphRunner>(device, std::move(hooks));
}

}  // namespace snclr
