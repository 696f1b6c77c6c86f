// SPDX-License-Identifier: MIT
// A module's tensors, sorted by what a trainer does with them, under a prefix:
// {"encoder.blocks.0.norm1.weight", ...}. The order is the module's own and the
// same for two modules of the same structure. Tensors share the module's
// memory.
#ifndef SNCLR_CORE_NN_MODULE_TENSORS_H_
#define SNCLR_CORE_NN_MODULE_TENSORS_H_

#include <torch/nn/module.h>

#include <string>

#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// Parameters that have a gradient. An empty prefix adds nothing, any other is
// followed by a dot.
NamedTensors TrainedParameters(const torch::nn::Module& module,
                               const std::string& prefix);

// Parameters without a gradient (frozen ones, fixed positions).
NamedTensors FrozenParameters(const torch::nn::Module& module,
                              const std::string& prefix);

// Buffers: batch norm's running statistics.
NamedTensors Buffers(const torch::nn::Module& module,
                     const std::string& prefix);

// `more` behind `tensors`.
void Append(NamedTensors& tensors, NamedTensors more);

}  // namespace snclr

#endif  // SNCLR_CORE_NN_MODULE_TENSORS_H_
