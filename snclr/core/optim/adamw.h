// SPDX-License-Identifier: MIT
// AdamW on flat parameters (Loshchilov and Hutter, arXiv:1711.05101, Alg. 2),
// in PyTorch's form, with the momentum encoder's average in the same pass.
#ifndef SNCLR_CORE_OPTIM_ADAMW_H_
#define SNCLR_CORE_OPTIM_ADAMW_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/optim.pb.h"
#include "snclr/core/optim/optimizer.h"

namespace snclr {

struct AdamWOptions {
  double weight_decay = 0.1;  // wd, decoupled: multiplied by the learning rate
  bool decay_all = true;      // else only parameters of two and more dimensions
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  static AdamWOptions FromSpec(const OptimizerSpec& spec);
};

// One step, t counting from 1, with g = gradient_scale * gradient:
//
//   p -= lr wd p                      (where the parameter decays)
//   m  = beta1 m + (1 - beta1) g
//   v  = beta2 v + (1 - beta2) g^2
//   p -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
//   p' = ema p' + (1 - ema) p         (momentum copy, with the p just made)
//
// A parameter without a gradient decays, and its moments fade. Buffers:
// exp_avg, exp_avg_sq. One pass over memory, on CPU and GPU with the same bits.
class AdamW final : public Optimizer {
 public:
  // `parameters` (with gradients) must outlive the optimizer.
  AdamW(FlatParameters& parameters, const AdamWOptions& options);

 private:
  // A stretch of the buffers that decays as one.
  struct Stretch {
    int64_t begin;
    int64_t end;
    bool decays;
  };

  void Correct(int64_t t, StepNumbers* told) const override;
  void Update(const StepNumbers& numbers, const at::Tensor& copy) override;
  void UpdateOnGpu(const at::Tensor& numbers, const at::Tensor& copy) override;
  template <typename T>
  void UpdateOnGpuAs(const StepNumbers* numbers, const at::Tensor& copy);

  const AdamWOptions options_;
  std::vector<Stretch> stretches_;
  at::Tensor device_step_;  // an AdamWStep in GPU memory; undefined on the CPU
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_ADAMW_H_
