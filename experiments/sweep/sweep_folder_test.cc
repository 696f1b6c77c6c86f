// SPDX-License-Identifier: MIT
#include "experiments/sweep/sweep_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

TEST(SweepLockTest, ASecondOneIsToldWhoHasIt) {
  const std::string out = TestFolder();
  {
    const auto first = SweepLock::Take(out, "n");
    ASSERT_TRUE(first.ok()) << first.status();
    const auto second = SweepLock::Take(out, "n");
    EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
    EXPECT_THAT(std::string(second.status().message()),
                HasSubstr(absl::StrCat("is being run by process ", getpid())));
    EXPECT_TRUE(SweepLock::Take(out, "another").ok());
  }
  EXPECT_TRUE(SweepLock::Take(out, "n").ok());
}

TEST(SweepLockTest, GoesWithItsProcessHoweverThatEnds) {
  const std::string out = TestFolder();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = SweepLock::Take(out, "n");
    if (write(ready[1], lock.ok() ? "y" : "n", 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(SweepLock::Take(out, "n").ok());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(SweepLock::Take(out, "n").ok());
}

}  // namespace
}  // namespace snclr
