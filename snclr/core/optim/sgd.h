// SPDX-License-Identifier: MIT
// Stochastic gradient descent with momentum on flat parameters, in PyTorch's
// form, with the momentum encoder's average in the same pass.
#ifndef SNCLR_CORE_OPTIM_SGD_H_
#define SNCLR_CORE_OPTIM_SGD_H_

#include <ATen/core/Tensor.h>

#include <vector>

#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/momentum_update.h"
#include "snclr/core/optim/optim.pb.h"
#include "snclr/core/optim/optimizer.h"

namespace snclr {

struct SgdOptions {
  double weight_decay = 0;  // wd, coupled: part of the gradient
  bool decay_all = true;    // else only parameters of two and more dimensions
  double momentum = 0.9;

  static SgdOptions FromSpec(const OptimizerSpec& spec);
};

// One step with g = gradient_scale * gradient:
//
//   g += wd p                      (where the parameter decays)
//   v  = momentum v + g
//   p -= lr v
//   p' = ema p' + (1 - ema) p      (momentum copy, with the p just made)
//
// torch.optim.SGD without dampening and Nesterov. Buffer: velocity. On the CPU
// one pass over memory.
class Sgd final : public Optimizer {
 public:
  // `parameters` (with gradients) must outlive the optimizer.
  Sgd(FlatParameters& parameters, const SgdOptions& options);

 private:
  void Update(const StepNumbers& numbers, const at::Tensor& copy) override;
  void UpdateOnGpu(const at::Tensor& numbers, const at::Tensor& copy) override;

  const SgdOptions options_;
  std::vector<MomentumPart> parts_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_SGD_H_
