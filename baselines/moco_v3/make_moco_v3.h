// SPDX-License-Identifier: MIT
// MoCo v3 from an experiment's spec: what :train and the registry of methods
// hand to the trainer. Like :train this looks up to the experiments; the rest
// of this folder does not.
#ifndef BASELINES_MOCO_V3_MAKE_MOCO_V3_H_
#define BASELINES_MOCO_V3_MAKE_MOCO_V3_H_

#include <memory>

#include "absl/status/statusor.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

// A MethodFactory (experiments/trainer/learner.h). InvalidArgument as
// MakeMocoV3.
absl::StatusOr<std::unique_ptr<Method>> MakeMocoV3FromSpec(
    const ExperimentSpec& spec, std::shared_ptr<Encoder> encoder,
    ProcessGroup& group);

}  // namespace snclr

#endif  // BASELINES_MOCO_V3_MAKE_MOCO_V3_H_
