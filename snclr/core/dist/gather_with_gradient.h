// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_DIST_GATHER_WITH_GRADIENT_H_
#define SNCLR_CORE_DIST_GATHER_WITH_GRADIENT_H_

#include <ATen/core/Tensor.h>

#include "snclr/core/dist/process_group.h"

namespace snclr {

// ProcessGroup::AllGather that autograd sees: [B, ...] of each rank -> [W B,
// ...] in rank order. In the backward pass a rank's rows get the sum of the
// gradients that all ranks' losses have for them, so that gradients averaged
// over the ranks are those of the mean of the ranks' losses. With W = 1 the
// argument itself.
//
// One gather a call, and one sum of [W B, ...] in its backward pass; every rank
// must run backward in the same order. `group` must live until then. No second
// derivative.
at::Tensor GatherWithGradient(const at::Tensor& local, ProcessGroup& group);

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_GATHER_WITH_GRADIENT_H_
