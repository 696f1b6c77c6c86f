// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_OPTIM_MAKE_OPTIMIZER_H_
#define SNCLR_CORE_OPTIM_MAKE_OPTIMIZER_H_

#include <memory>

#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/optim.pb.h"
#include "snclr/core/optim/optimizer.h"

namespace snclr {

// The optimizer of a resolved spec. `parameters` (with gradients) must outlive
// it. Throws c10::Error where the kind is not set.
std::unique_ptr<Optimizer> MakeOptimizer(const OptimizerSpec& spec,
                                         FlatParameters& parameters);

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_MAKE_OPTIMIZER_H_
