// SPDX-License-Identifier: MIT
#include "baselines/nnclr/make_nnclr.h"

#include <utility>

#include "baselines/nnclr/nnclr_method.h"

namespace snclr {

absl::StatusOr<std::unique_ptr<Method>> MakeNnclrFromSpec(
    const ExperimentSpec& spec, std::shared_ptr<Encoder> encoder,
    ProcessGroup& group) {
  return MakeNnclr(spec.nnclr(), spec.projector(), spec.predictor(),
                   std::move(encoder), spec.seed(), group);
}

}  // namespace snclr
