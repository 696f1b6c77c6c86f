// SPDX-License-Identifier: MIT
#include "experiments/registry/methods.h"

#include "snclr/make_snclr.h"

namespace snclr {

const MethodFactories& RegisteredMethods() {
  static const auto* const methods = new MethodFactories{
      {"snclr", MakeSnclrFromSpec},
  };
  return *methods;
}

}  // namespace snclr
