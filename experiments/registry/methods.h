// SPDX-License-Identifier: MIT
// Every method there is, for what runs any of them: //experiments:train, and
// through it sweeps and launches.
#ifndef EXPERIMENTS_REGISTRY_METHODS_H_
#define EXPERIMENTS_REGISTRY_METHODS_H_

#include "experiments/trainer/train_main.h"

namespace snclr {

// By the name of the method's arm in ExperimentSpec. A new method is one line
// in methods.cc.
const MethodFactories& RegisteredMethods();

}  // namespace snclr

#endif  // EXPERIMENTS_REGISTRY_METHODS_H_
