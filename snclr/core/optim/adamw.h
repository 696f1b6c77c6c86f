// SPDX-License-Identifier: MIT
// AdamW on flat parameters (Loshchilov and Hutter, arXiv:1711.05101, Alg. 2),
// in PyTorch's form, with the momentum encoder's average in the same pass.
#ifndef SNCLR_CORE_OPTIM_ADAMW_H_
#define SNCLR_CORE_OPTIM_ADAMW_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "snclr/core/nn/named_tensor.h"
#include "snclr/core/optim/adamw_kernel.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/optim.pb.h"

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
// A parameter that got no gradient since ZeroGradients() counts as one with a
// zero gradient: it decays, and its moments fade.
class AdamW {
 public:
  // `parameters` (with gradients) must outlive the optimizer.
  AdamW(FlatParameters& parameters, const AdamWOptions& options);

  // `gradient_scale` is 1, or what ClipScale() says. `ema` may be null: no copy
  // moves. On the CPU one pass over memory; results do not depend on the number
  // of threads or on the machine's vector width. On other devices plain
  // LibTorch operators. Throws c10::Error where a parameter left the flat
  // buffer or the momentum copy does not lie over a prefix of it.
  void Step(double learning_rate, double gradient_scale = 1,
            const EmaTarget* ema = nullptr);

  // Steps taken, t.
  int64_t steps() const;

  // "step" [] int64, then per parameter "exp_avg.<name>" and
  // "exp_avg_sq.<name>" in its shape. They alias the optimizer's memory: a
  // checkpoint copies from and into them.
  NamedTensors State() const;

 private:
  // A stretch of the buffers that decays as one.
  struct Stretch {
    int64_t begin;
    int64_t end;
    bool decays;
  };

  void Update(const AdamWStep& step, const at::Tensor& momentum);

  FlatParameters& parameters_;
  const AdamWOptions options_;
  std::vector<Stretch> stretches_;
  at::Tensor step_;        // [] int64, CPU
  at::Tensor exp_avg_;     // [P], m
  at::Tensor exp_avg_sq_;  // [P], v
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_ADAMW_H_
