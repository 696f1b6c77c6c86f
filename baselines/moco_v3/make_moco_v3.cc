// SPDX-License-Identifier: MIT
#include "baselines/moco_v3/make_moco_v3.h"

#include <utility>

#include "baselines/moco_v3/moco_v3_method.h"

namespace snclr {

absl::StatusOr<std::unique_ptr<Method>> MakeMocoV3FromSpec(
    const ExperimentSpec& spec, std::shared_ptr<Encoder> encoder,
    ProcessGroup& group) {
  return MakeMocoV3(spec.moco_v3(), spec.projector(), spec.predictor(),
                    std::move(encoder), spec.seed(), group);
}

}  // namespace snclr
