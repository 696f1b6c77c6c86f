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

  // Steps taken.
  int64_t steps() const;

  // "step" [] int64, then per parameter each of the optimizer's buffers
  // ("exp_avg.<name>") in its shape. They alias the optimizer's memory: a
  // checkpoint copies from and into them.
  NamedTensors State() const;

 protected:
  // `parameters` (with gradients) must outlive the optimizer. A buffer of zeros
  // is made for each name.
  Optimizer(FlatParameters& parameters, std::vector<std::string> buffer_names);

  // The step itself, under no gradient; steps() counts it already. `copy` [C]
  // is the momentum copy's values, over the first C elements; undefined where
  // none moves.
  virtual void Update(double learning_rate, double gradient_scale,
                      const at::Tensor& copy, double ema) = 0;

  FlatParameters& parameters() { return parameters_; }
  const at::Tensor& buffer(int64_t index) const { return buffers_[index]; }

 private:
  FlatParameters& parameters_;
  const std::vector<std::string> buffer_names_;
  std::vector<at::Tensor> buffers_;  // [P] each
  at::Tensor step_;                  // [] int64, CPU
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_OPTIMIZER_H_
