// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_BASE_GPU_TESTING_H_
#define SNCLR_CORE_BASE_GPU_TESTING_H_

#include <ATen/Context.h>

#include "gtest/gtest.h"

// At the beginning of a test that is tagged `gpu`: skips it, with the reason,
// where it cannot run.
#define SNCLR_NEEDS_GPU()                                       \
  do {                                                          \
    if (!at::hasCUDA()) {                                       \
      GTEST_SKIP() << "no GPU, or built without --config=cuda"; \
    }                                                           \
  } while (false)

#endif  // SNCLR_CORE_BASE_GPU_TESTING_H_
