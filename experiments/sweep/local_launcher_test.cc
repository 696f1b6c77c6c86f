// SPDX-License-Identifier: MIT
#include "experiments/sweep/local_launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LocalLauncherTest : public testing::Test {
 protected:
  TrialCommand Shell(const std::string& hash, const std::string& script) {
    return {hash, {"/bin/sh", "-c", script}, Log(hash)};
  }
  std::string Log(const std::string& hash) {
    return absl::StrCat(folder_, "/", hash, ".log");
  }
  static TrialEnd WaitForOne(LocalLauncher& launcher) {
    while (true) {
      const auto ends = launcher.Poll();
      EXPECT_TRUE(ends.ok());
      if (!ends->empty()) return ends->at(0);
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  const std::string folder_ = TestFolder();
};

TEST_F(LocalLauncherTest, GivesEachProcessItsThreadsAndItsLog) {
  LocalLauncher launcher(2, 3);
  WriteText(Log("a"), "before\n");
  ASSERT_TRUE(launcher
                  .Start({Shell("a",
                                "echo $OMP_NUM_THREADS $OMP_WAIT_POLICY; "
                                "echo to stderr >&2; exit 7")})
                  .ok());
  EXPECT_EQ(launcher.Room(), 1u);
  EXPECT_THAT(launcher.Alive(), SizeIs(1));
  const TrialEnd end = WaitForOne(launcher);
  EXPECT_EQ(end.hash, "a");
  EXPECT_EQ(end.exit_status, 7);
  EXPECT_FALSE(end.stopped);
  EXPECT_EQ(ReadText(Log("a")), "before\n3 passive\nto stderr\n");
  EXPECT_EQ(launcher.Room(), 2u);
  EXPECT_THAT(launcher.Alive(), IsEmpty());
}

TEST_F(LocalLauncherTest, TellsAKillFromAStop) {
  LocalLauncher launcher(1, 1);
  ASSERT_TRUE(launcher.Start({Shell("a", "kill -9 $$")}).ok());
  TrialEnd end = WaitForOne(launcher);
  EXPECT_EQ(end.exit_status, -1);
  EXPECT_FALSE(end.stopped);
  EXPECT_THAT(end.how, HasSubstr("killed by signal 9 (out of memory?)"));
  ASSERT_TRUE(launcher.Start({Shell("b", "exit 143")}).ok());
  EXPECT_TRUE(WaitForOne(launcher).stopped) << "128 + SIGTERM";
  ASSERT_TRUE(launcher.Start({Shell("c", "kill -TERM $$")}).ok());
  EXPECT_TRUE(WaitForOne(launcher).stopped);
}

TEST_F(LocalLauncherTest, PassesSignalsOn) {
  LocalLauncher launcher(1, 1);
  ASSERT_TRUE(launcher
                  .Start({Shell("a",
                                "trap 'echo saved; exit 130' INT; echo ready; "
                                "while :; do sleep 0.02; done")})
                  .ok());
  while (ReadText(Log("a")) != "ready\n") {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_TRUE(launcher.Interrupt(SIGINT));
  const TrialEnd end = WaitForOne(launcher);
  EXPECT_EQ(end.exit_status, 130);
  EXPECT_TRUE(end.stopped);
  EXPECT_EQ(ReadText(Log("a")), "ready\nsaved\n");
}

TEST_F(LocalLauncherTest, AProgramThatIsNotThereEndsWithItsReason) {
  LocalLauncher launcher(1, 1);
  ASSERT_TRUE(launcher.Start({{"a", {"/no/such/program"}, Log("a")}}).ok());
  EXPECT_EQ(WaitForOne(launcher).exit_status, 127);
  EXPECT_THAT(ReadText(Log("a")), HasSubstr("cannot be started"));
}

}  // namespace
}  // namespace snclr
