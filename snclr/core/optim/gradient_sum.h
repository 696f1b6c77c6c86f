// SPDX-License-Identifier: MIT
// Gradients summed over the ranks while backward still makes them.
#ifndef SNCLR_CORE_OPTIM_GRADIENT_SUM_H_
#define SNCLR_CORE_OPTIM_GRADIENT_SUM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/named_tensor.h"
#include "snclr/core/optim/flat_parameters.h"

namespace snclr {

// Cuts the flat gradients into buckets and begins the sum of each as soon as
// backward has made all of it, the last parameters' first (Li et al., "PyTorch
// Distributed", VLDB 2020, Sec. 3.2.3). Buckets begin in one order on every
// rank, whatever order gradients come in; a parameter that got no gradient in a
// step is summed with the rest at its end.
//
//   GradientSum sum(method.TrainedParameters(), trained, group, 25 << 20);
//   sum.Begin();
//   (loss / W).backward();
//   sum.Finish();      // trained.gradients() holds the sum over all ranks
//
// With W = 1 nothing is done.
class GradientSum {
 public:
  // `parameters` are those that `flat` was made of. All three outlive this. One
  // at a time for the same parameters.
  GradientSum(const NamedTensors& parameters, FlatParameters& flat,
              ProcessGroup& group, int64_t bucket_bytes);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  // Before backward().
  void Begin();

  // After it: returns when all sums are there. Throws as collectives do.
  void Finish();

  int64_t buckets() const { return static_cast<int64_t>(buckets_.size()); }

 private:
  struct Bucket {
    at::Tensor gradients;  // a stretch of the flat ones
    int64_t parameters = 0;
    int64_t waits_for = 0;  // parameters without their gradient yet
  };
  class Hook;

  void Arrived(size_t bucket);
  void BeginReady();

  ProcessGroup& group_;
  std::vector<at::Tensor> parameters_;
  std::vector<Bucket> buckets_;  // in the order in which they begin
  size_t begun_ = 0;
  bool expecting_ = false;  // between Begin() and Finish()
  std::vector<std::unique_ptr<ProcessGroup::Work>> under_way_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_GRADIENT_SUM_H_
