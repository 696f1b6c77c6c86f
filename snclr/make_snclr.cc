// SPDX-License-Identifier: MIT
#include "snclr/make_snclr.h"

#include <utility>

#include "snclr/snclr_method.h"

namespace snclr {

absl::StatusOr<std::unique_ptr<Method>> MakeSnclrFromSpec(
    const ExperimentSpec& spec, std::shared_ptr<Encoder> encoder,
    ProcessGroup& group) {
  return MakeSnclr(spec.snclr(), spec.projector(), spec.predictor(),
                   std::move(encoder), spec.seed(), group);
}

}  // namespace snclr
