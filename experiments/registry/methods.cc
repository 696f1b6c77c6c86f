// SPDX-License-Identifier: MIT
#include "experiments/registry/methods.h"

#include "baselines/moco_v3/make_moco_v3.h"
#include "baselines/nnclr/make_nnclr.h"
#include "snclr/make_snclr.h"

namespace snclr {

const MethodFactories& RegisteredMethods() {
  static const auto* const methods = new MethodFactories{
      {"moco_v3", MakeMocoV3FromSpec},
      {"nnclr", MakeNnclrFromSpec},
      {"snclr", MakeSnclrFromSpec},
  };
  return *methods;
}

}  // namespace snclr
