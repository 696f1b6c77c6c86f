// SPDX-License-Identifier: MIT
#include "experiments/trainer/threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace snclr {
namespace {

TEST(SetMathThreadsTest, TakesTheNumberThatIsAskedFor) {
  EXPECT_EQ(SetMathThreads(3), 3);
  EXPECT_EQ(at::get_num_threads(), 3);
}

TEST(SetMathThreadsTest, ZeroIsTheCoresWithinTheEnvironmentsLimit) {
  setenv("OMP_NUM_THREADS", "1", 1);
  EXPECT_EQ(SetMathThreads(0), 1);
  unsetenv("OMP_NUM_THREADS");
  EXPECT_GE(SetMathThreads(0), 1);
}

}  // namespace
}  // namespace snclr
