// SPDX-License-Identifier: MIT
// LARS on flat parameters (You, Gitman and Ginsburg, "Large Batch Training of
// Convolutional Networks", arXiv:1708.03888), as MoCo v3 has it.
#ifndef SNCLR_CORE_OPTIM_LARS_H_
#define SNCLR_CORE_OPTIM_LARS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/momentum_update.h"
#include "snclr/core/optim/optim.pb.h"
#include "snclr/core/optim/optimizer.h"

namespace snclr {

struct LarsOptions {
  double weight_decay = 0;  // wd
  double momentum = 0.9;
  double trust_coefficient = 0.001;
  bool clip_ratio = false;

  static LarsOptions FromSpec(const OptimizerSpec& spec);
};

// One step with g = gradient_scale * gradient. Parameters of two and more
// dimensions:
//
//   g += wd p
//   g *= r,  r = trust_coefficient |p| / |g|, 1 where either norm is 0
//            with clip_ratio min(r / lr, 1), 1 where either norm is 0
//
// biases, norms and other vectors: as they are. Then, for all,
//
//   v  = momentum v + g
//   p -= lr v
//   p' = ema p' + (1 - ema) p      (momentum copy, with the p just made)
//
// Source: facebookresearch/moco-v3, moco/optimizer.py. clip_ratio is
// solo-learn's clip_lr (after LARC): the learning rate bounds trust_coefficient
// |p| / |g| then, instead of multiplying it. (solo-learn divides by |gradient|
// + wd |p| in place of |g|.) Buffer: velocity. On the CPU two passes over
// memory.
class Lars final : public Optimizer {
 public:
  // `parameters` (with gradients) must outlive the optimizer.
  Lars(FlatParameters& parameters, const LarsOptions& options);

 private:
  // What one thread sums at a time, of one parameter.
  struct Piece {
    int64_t segment;
    int64_t begin;
    int64_t end;
  };

  void Update(const StepNumbers& numbers, const at::Tensor& copy) override;
  void UpdateOnGpu(const at::Tensor& numbers, const at::Tensor& copy) override;

  // Of |p| and |g| [segments, 2], what each parameter's step is multiplied by.
  // A number here is a double or, on a GPU, a tensor [].
  template <typename Number>
  std::vector<MomentumPart> Parts(const at::Tensor& norms,
                                  const Number& learning_rate) const;

  // |p| and |g| of every parameter, [segments, 2] float64 on its device; rows
  // of vectors are 0.
  at::Tensor Norms(double gradient_scale);
  template <typename T>
  at::Tensor NormsByKernel(double gradient_scale);
  template <typename Number>
  at::Tensor NormsByOperators(const Number& gradient_scale);

  const LarsOptions options_;
  std::vector<Piece> pieces_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_LARS_H_
