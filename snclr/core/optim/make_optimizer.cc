// SPDX-License-Identifier: MIT
#include "snclr/core/optim/make_optimizer.h"

#include <c10/util/Exception.h>

#include "snclr/core/optim/adamw.h"
#include "snclr/core/optim/lars.h"
#include "snclr/core/optim/sgd.h"

namespace snclr {

std::unique_ptr<Optimizer> MakeOptimizer(const OptimizerSpec& spec,
                                         FlatParameters& parameters) {
  switch (spec.kind()) {
    case ADAMW:
      return std::make_unique<AdamW>(parameters, AdamWOptions::FromSpec(spec));
    case LARS:
      return std::make_unique<Lars>(parameters, LarsOptions::FromSpec(spec));
    case SGD:
      return std::make_unique<Sgd>(parameters, SgdOptions::FromSpec(spec));
    default:
      TORCH_CHECK(false, "optimizer kind ", spec.kind(),
                  " is not one of ADAMW, LARS, SGD");
  }
}

}  // namespace snclr
