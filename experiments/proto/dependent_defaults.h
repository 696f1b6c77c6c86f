// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_PROTO_DEPENDENT_DEFAULTS_H_
#define EXPERIMENTS_PROTO_DEPENDENT_DEFAULTS_H_

#include "experiments/proto/experiment.pb.h"

namespace snclr {

// Defaults that depend on another field, for a spec that has the others
// (field_rules.h): what an optimizer's kind brings along, how many images a
// drawn data set has, how a predictor above a ResNet ends.
void FillDependentDefaults(ExperimentSpec* spec);

}  // namespace snclr

#endif  // EXPERIMENTS_PROTO_DEPENDENT_DEFAULTS_H_
