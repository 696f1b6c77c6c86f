// SPDX-License-Identifier: MIT
// momentum_kernel.h over flat parameters, on any device.
#ifndef SNCLR_CORE_OPTIM_MOMENTUM_UPDATE_H_
#define SNCLR_CORE_OPTIM_MOMENTUM_UPDATE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "snclr/core/optim/momentum_kernel.h"

namespace snclr {

// A stretch of the flat buffers with one decay and one ratio.
struct MomentumPart {
  int64_t begin;
  int64_t end;
  double weight_decay;
  at::Tensor ratio;  // [], float64; on the parameters' device. Undefined: 1
};

// Flat buffers [P]; `copy` [C] lies over the first C elements, or is undefined.
struct MomentumTensors {
  at::Tensor values;
  at::Tensor gradients;
  at::Tensor velocity;
  at::Tensor copy;
};

// One step of all parts. On the CPU (float, double) one pass over memory with
// the same bits for any number of threads, elsewhere LibTorch operators.
void UpdateWithMomentum(const MomentumStep& step,
                        const std::vector<MomentumPart>& parts,
                        const MomentumTensors& tensors);

// The same on a GPU with a step whose numbers lie there, a StepNumbers
// [kStepNumbers] float64, and `momentum`: a kernel for each part, the bits of
// the CPU's, and the same work each time, as a CUDA graph wants it. Float and
// double alone.
void UpdateWithMomentumOnGpu(double momentum, const at::Tensor& numbers,
                             const std::vector<MomentumPart>& parts,
                             const MomentumTensors& tensors);

// The same of one part in LibTorch operators: what the kernel must equal.
void MomentumReferenceUpdate(const MomentumStep& step, const MomentumPart& part,
                             const MomentumTensors& tensors);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_MOMENTUM_UPDATE_H_
