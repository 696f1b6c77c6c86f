// SPDX-License-Identifier: MIT
#include "experiments/process/cores.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace snclr {
namespace {

TEST(ThreadsPerProcessTest, ProcessesTimesThreadsNeverExceedsTheCores) {
  const char* limit = std::getenv("OMP_NUM_THREADS");
  const std::string before = limit == nullptr ? "" : limit;
  unsetenv("OMP_NUM_THREADS");
  EXPECT_EQ(ThreadsPerProcess(1, 8), 8);
  EXPECT_EQ(ThreadsPerProcess(2, 8), 4);
  EXPECT_EQ(ThreadsPerProcess(3, 8), 2);
  EXPECT_EQ(ThreadsPerProcess(9, 8), 1) << "at least one";
  setenv("OMP_NUM_THREADS", "3", 1);
  EXPECT_EQ(ThreadsPerProcess(2, 8), 3);
  EXPECT_EQ(ThreadsPerProcess(4, 8), 2);
  if (limit != nullptr) setenv("OMP_NUM_THREADS", before.c_str(), 1);
}

TEST(AllowedCoresTest, AreAscendingAndAsManyAsAreAvailable) {
  const std::vector<int> cores = AllowedCores();
  ASSERT_FALSE(cores.empty());
  EXPECT_EQ(static_cast<int>(cores.size()), AvailableCores());
  for (size_t i = 1; i < cores.size(); ++i) EXPECT_GT(cores[i], cores[i - 1]);
}

}  // namespace
}  // namespace snclr
