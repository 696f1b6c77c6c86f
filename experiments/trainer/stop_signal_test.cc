// SPDX-License-Identifier: MIT
#include "experiments/trainer/stop_signal.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace snclr {
namespace {

TEST(StopSignalTest, NotesTheSignalAndTheProcessGoesOn) {
  StopSignal stop;
  EXPECT_EQ(stop.requested(), 0);
  raise(SIGTERM);
  EXPECT_EQ(stop.requested(), SIGTERM);
}

TEST(StopSignalTest, StartsWithoutAWishAndHandlesTheFirstSignalAgain) {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGINT}) {
    StopSignal stop;
    EXPECT_EQ(stop.requested(), 0);
    raise(signal);
    EXPECT_EQ(stop.requested(), signal);
  }
}

// How a process ends that gets SIGINT twice, so many seconds apart.
int EndAfterTwo(int seconds) {
  const pid_t child = fork();
  if (child == 0) {
    StopSignal stop;
    raise(SIGINT);
    sleep(seconds);
    raise(SIGINT);
    _exit(stop.requested());
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(StopSignalTest, ALaterSignalOfTheSameKindEndsTheProcess) {
  const int status = EndAfterTwo(/*seconds=*/3);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST(StopSignalTest, TwiceAtOnceIsOneWish) {
  const int status = EndAfterTwo(/*seconds=*/0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), SIGINT);
}

TEST(StopSignalTest, HandlersAreGivenBack) {
  struct sigaction before, after;
  sigaction(SIGTERM, nullptr, &before);
  {
    StopSignal stop;
  }
  sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

}  // namespace
}  // namespace snclr
