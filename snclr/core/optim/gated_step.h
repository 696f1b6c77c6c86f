// SPDX-License-Identifier: MIT
// All that happens between the backward pass and the next step: the gradient's
// norm, clipping, loss scaling, the optimizer and the momentum copy's average,
// decided on the device.
//
//   GatedStep gated(optimizer, trained, {clip_gradient_norm, scales_loss});
//   gated.Tell(learning_rate, ema);         // on the host, once for each step
//   gated.Scaled(loss).backward();          // these two are the same work each
//   gated.Step(momentum);                   // time: a CUDA graph may repeat
//   them
//
// On a GPU nothing of it waits for the device.
#ifndef SNCLR_CORE_OPTIM_GATED_STEP_H_
#define SNCLR_CORE_OPTIM_GATED_STEP_H_

#include <ATen/core/Tensor.h>

#include "snclr/core/nn/named_tensor.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/optimizer.h"
#include "snclr/core/optim/step_numbers.h"

namespace snclr {

struct GatedStepOptions {
  double clip_gradient_norm = 0;  // largest L2 norm of the gradient; 0: any

  // For gradients in float16 (loss_scale.h): a step whose gradients are not all
  // finite changes neither parameters nor moments nor the copy, and does not
  // count for the optimizer. All ranks decide the same, as they have the same
  // sum of gradients.
  bool scales_loss = false;
};

class GatedStep {
 public:
  // Both outlive this; `optimizer` is of `trained`, and has made no step.
  GatedStep(Optimizer& optimizer, FlatParameters& trained,
            const GatedStepOptions& options);

  // ema: m of the copy's average that this step ends with.
  void Tell(double learning_rate, double ema);

  // loss [] times the loss scale; the loss itself where none is.
  at::Tensor Scaled(const at::Tensor& loss) const;

  // A gradient's norm [], or another number that the loss's factor is in,
  // without it; before Step().
  at::Tensor Unscaled(const at::Tensor& of_gradients) const;

  // With the gradients that lie in `trained`. `momentum` may be null.
  void Step(FlatParameters* momentum);

  // The L2 norm of the newest step's gradient, of the loss as it was, before
  // clipping: [] float64, an alias that the next step overwrites.
  at::Tensor gradient_norm() const;

  // "loss_scale" and "skipped_steps", [] float64, aliases; none without.
  NamedTensors Metrics() const;

  // "loss_scale" [3] float64, a LossScale, as an alias; none without. The
  // optimizer has its own state.
  NamedTensors State() const;

 private:
  at::Tensor LossScaleAs(const at::Tensor& like) const;

  Optimizer& optimizer_;
  FlatParameters& trained_;
  const GatedStepOptions options_;
  at::Tensor numbers_;     // [kStepNumbers] float64, a StepNumbers
  at::Tensor loss_scale_;  // [3] float64; undefined without
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_GATED_STEP_H_
