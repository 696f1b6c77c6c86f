// SPDX-License-Identifier: MIT
// What moves flat parameters along their gradients.
#ifndef SNCLR_CORE_OPTIM_OPTIMIZER_H_
#define SNCLR_CORE_OPTIM_OPTIMIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "snclr/core/nn/named_tensor.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/step_numbers.h"

namespace snclr {

// A parameter that got no gradient since ZeroGradients() counts as one with a
// zero gradient.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  // One step with gradient_scale * gradient; the scale is 1, or what
  // ClipScale() says. Then, where `ema` is given, the momentum copy's average
  // with the parameters just made: p' = m p' + (1 - m) p.
  //
  // On the CPU results do not depend on the number of threads or on the
  // machine's vector width. On other devices plain LibTorch operators. Throws
  // c10::Error where a parameter left the flat buffer or the momentum copy does
  // not lie over a prefix of it.
  void Step(double learning_rate, double gradient_scale = 1,
            const EmaTarget* ema = nullptr);

  // The same in two halves, for a device that the host runs ahead of, or that
  // repeats a CUDA graph (step_numbers.h).
  //
  // On the host, before each step: counts it, and returns what it is told.
  StepNumbers Tell(double learning_rate, double ema);

  // On the parameters' device, where `numbers` [kStepNumbers] float64 are a
  // StepNumbers: the step that they describe, or nothing where they skip it.
  // `momentum`: the copy that moves, null where none does. On a GPU it launches
  // the same work each time and waits for nothing; float and double parameters
  // alone. Otherwise as Step(), with its bits.
  void StepBy(const at::Tensor& numbers, FlatParameters* momentum);

  // From here on Tell() counts nothing, as whether a step is skipped is known
  // to the device alone: what fills the numbers does (FindNumbers). Before the
  // first step.
  void CountOnDevice();

  // Steps taken. Waits for the device where that counts.
  int64_t steps() const;

  // What counts them, [] int64.
  const at::Tensor& step_counter() const { return step_; }

  // "step" [] int64, then per parameter each of the optimizer's buffers
  // ("exp_avg.<name>") in its shape. They alias the optimizer's memory: a
  // checkpoint copies from and into them.
  NamedTensors State() const;

 protected:
  // `parameters` (with gradients) must outlive the optimizer. A buffer of zeros
  // is made for each name.
  Optimizer(FlatParameters& parameters, std::vector<std::string> buffer_names);

  // What step t, from 1, is told besides the schedules.
  virtual void Correct(int64_t t, StepNumbers* told) const {}

  // The step itself, under no gradient. `copy` [C] is the momentum copy's
  // values, over the first C elements; undefined where none moves.
  virtual void Update(const StepNumbers& numbers, const at::Tensor& copy) = 0;
  virtual void UpdateOnGpu(const at::Tensor& numbers,
                           const at::Tensor& copy) = 0;

  // The number of this step, in the device's memory; null where the host
  // counts.
  const int64_t* device_count() const {
    return counts_on_device_ ? step_.const_data_ptr<int64_t>() : nullptr;
  }

  FlatParameters& parameters() { return parameters_; }
  const FlatParameters& parameters() const { return parameters_; }
  const at::Tensor& buffer(int64_t index) const { return buffers_[index]; }

 private:
  FlatParameters& parameters_;
  const std::vector<std::string> buffer_names_;
  std::vector<at::Tensor> buffers_;  // [P] each
  at::Tensor step_;  // [] int64, on the CPU where the host counts
  bool counts_on_device_ = false;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_OPTIMIZER_H_
