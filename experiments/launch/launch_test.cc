// SPDX-License-Identifier: MIT
// The program with test_rank.sh for the training, on this machine.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "experiments/launch/launch_process.h"

namespace snclr {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(LaunchTest, EachRankFindsItsPlaceInItsEnvironment) {
  const LaunchProcess launch;
  EXPECT_EQ(
      launch.Run({"--procs_per_node=2", "--set=seed=5", "--resume=never"}), 0)
      << launch.log();
  for (const int rank : {0, 1}) {
    EXPECT_THAT(launch.log(),
                ContainsRegex(absl::StrCat(
                    "\\[rank ", rank, "\\] rank=", rank, " of 2 local=", rank,
                    " of 2 master=127.0.0.1:[0-9]+ threads=1 .*resume=never")));
  }
}

TEST(LaunchTest, OneProcessIsShownWithoutAPrefix) {
  const LaunchProcess launch;
  EXPECT_EQ(launch.Run({}), 0);
  EXPECT_THAT(launch.log(), HasSubstr("rank=0 of 1"));
  EXPECT_THAT(launch.log(), Not(HasSubstr("[rank 0]")));
}

TEST(LaunchTest, ANodeOfSeveralStartsItsOwnRanks) {
  const LaunchProcess launch;
  EXPECT_EQ(launch.Run({"--nodes=3", "--procs_per_node=2", "--node_rank=1",
                        "--master=node00:4711"}),
            0)
      << launch.log();
  EXPECT_THAT(launch.log(), HasSubstr("[rank 2] rank=2 of 6 local=0 of 2 "
                                      "master=node00:4711"));
  EXPECT_THAT(launch.log(), HasSubstr("[rank 3] rank=3 of 6"));
  EXPECT_THAT(launch.log(), Not(HasSubstr("[rank 0]")));
}

TEST(LaunchTest, ASignalReachesAllRanksAndIsTheExitStatus) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    const LaunchProcess launch({{0, "await_stop"}, {1, "await_stop"}});
    const pid_t process = launch.Start({"--procs_per_node=2"});
    ASSERT_TRUE(launch.WaitForLog("ready", 2)) << launch.log();
    kill(process, signal);
    EXPECT_EQ(LaunchProcess::Wait(process), 128 + signal);
    for (const int rank : {0, 1}) {
      EXPECT_THAT(launch.log(), HasSubstr(absl::StrCat(
                                    "[rank ", rank, "] got signal ", signal)));
    }
    EXPECT_THAT(launch.log(), HasSubstr("launch: stopped by SIG"));
    EXPECT_THAT(launch.log(), Not(HasSubstr("failed")));
  }
}

TEST(LaunchTest, ASecondSignalKillsWhatDoesNotEnd) {
  const LaunchProcess launch({{0, "hang"}, {1, "await_stop"}});
  const pid_t process =
      launch.Start({"--procs_per_node=2", "--grace_seconds=0.1"});
  ASSERT_TRUE(launch.WaitForLog("ready", 2)) << launch.log();
  kill(process, SIGINT);
  ASSERT_TRUE(launch.WaitForFile("saved.1.1")) << launch.log();
  kill(process, SIGINT);
  EXPECT_EQ(LaunchProcess::Wait(process), 128 + SIGINT) << launch.log();
  EXPECT_THAT(launch.log(), HasSubstr("launch: rank 0 did not end: killed"));
}

TEST(LaunchTest, ARankThatDiesIsNamedAndTheOthersAreEnded) {
  const LaunchProcess launch(
      {{0, "await_stop"},
       {1,
        "while [ ! -e $out/go ]; do sleep 0.02; done; echo before the end; "
        "kill -9 $$"},
       {2, "hang"}});
  const pid_t process =
      launch.Start({"--procs_per_node=3", "--grace_seconds=0.1",
                    "--set=parallelism.timeout_seconds=1"});
  ASSERT_TRUE(launch.WaitForLog("ready", 2)) << launch.log();
  std::filesystem::create_directory(launch.folder() + "/out/go");
  EXPECT_EQ(LaunchProcess::Wait(process), 1) << launch.log();
  const std::string log = launch.log();
  EXPECT_THAT(log, HasSubstr("launch: rank 1 of 3 failed: killed by signal 9 "
                             "(out of memory?); its last lines:\n"));
  EXPECT_THAT(log, HasSubstr("\n        before the end\n"));
  EXPECT_THAT(log, HasSubstr("launch: ranks 0, 2 still there: asked to end"));
  EXPECT_THAT(log, HasSubstr("[rank 0] got signal 15"));
  EXPECT_THAT(log, HasSubstr("launch: rank 2 did not end: killed"));
  EXPECT_THAT(log, HasSubstr("error: rank 1 of 3 failed: killed by signal 9 "
                             "(out of memory?); there is no checkpoint"));
}

TEST(LaunchTest, ARunIsStartedAgainAsOftenAsTheSpecAllows) {
  const LaunchProcess launch({{0, "exit 1"}, {1, "exit 3"}});
  EXPECT_EQ(launch.Run({"--procs_per_node=2", "--resume=never",
                        "--set=parallelism.restarts=2"}),
            1);
  const std::string log = launch.log();
  EXPECT_EQ(launch.CountInLog("] rank="), 6) << log;
  EXPECT_THAT(log, HasSubstr("launch: restart 1 of 2 in 1"));
  EXPECT_THAT(log, HasSubstr("launch: restart 2 of 2 in 2"));
  EXPECT_THAT(log, HasSubstr(", after 2 restarts; there is no checkpoint"));
  // It never had a folder to go on in: an older run of the same spec, which was
  // to be left alone, is not taken up.
  EXPECT_THAT(log, HasSubstr("resume=never attempt=1"));
  EXPECT_THAT(log, HasSubstr("resume=never attempt=2"));
  // A rank's last lines are those of its last attempt.
  EXPECT_EQ(launch.CountInLog("\n        rank="), 3) << log;
}

TEST(LaunchTest, ARestartThatGoesWellIsSuccess) {
  const LaunchProcess launch(
      {{0, "test $attempt = 2"}, {1, "test $attempt = 2"}});
  EXPECT_EQ(launch.Run({"--procs_per_node=2", "--set=parallelism.restarts=5"}),
            0)
      << launch.log();
  EXPECT_THAT(launch.log(), HasSubstr("launch: finished after 1 restart\n"));
}

TEST(LaunchTest, WrongInputIsNeverTriedAgain) {
  // Its peer loses it, and may be seen first.
  const LaunchProcess launch(
      {{0, "echo 'error: no such image' >&2; exit 2"}, {1, "exit 1"}});
  EXPECT_EQ(launch.Run({"--procs_per_node=2", "--set=parallelism.restarts=5"}),
            2);
  EXPECT_EQ(launch.CountInLog("] rank="), 2) << launch.log();
  EXPECT_THAT(launch.log(), HasSubstr("rank 0 of 2 failed: exit status 2"));
}

TEST(LaunchTest, ASignalWhileWaitingForARestartEndsIt) {
  const LaunchProcess launch({{0, "exit 1"}});
  const pid_t process = launch.Start({"--set=parallelism.restarts=50"});
  ASSERT_TRUE(launch.WaitForLog("launch: restart 2 of 50")) << launch.log();
  kill(process, SIGTERM);
  EXPECT_EQ(LaunchProcess::Wait(process), 128 + SIGTERM) << launch.log();
}

TEST(LaunchTest, TheDeathOfTheLauncherStopsTheRanksWhichSave) {
  const LaunchProcess launch({{0, "await_stop"}, {1, "await_stop"}});
  const pid_t process = launch.Start({"--procs_per_node=2"});
  ASSERT_TRUE(launch.WaitForLog("ready", 2)) << launch.log();
  kill(process, SIGKILL);
  EXPECT_EQ(LaunchProcess::Wait(process), -SIGKILL);
  // Although what they print goes nowhere.
  EXPECT_TRUE(launch.WaitForFile("saved.0.1"));
  EXPECT_TRUE(launch.WaitForFile("saved.1.1"));
}

TEST(LaunchTest, OnATerminalRankZeroWritesForATerminal) {
  const LaunchProcess launch(
      {{0,
        "test -t 1 && printf 'live 10\\r\\033[Klive 20'; "
        "while [ ! -e $out/go ]; do sleep 0.02; done; "
        "printf '\\r\\033[Kend\\n'"},
       {1,
        "while [ ! -e $out/live ]; do sleep 0.02; done; "
        "test -t 1 || echo a pipe; mkdir $out/go"}});
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(grantpt(terminal), 0);
  ASSERT_EQ(unlockpt(terminal), 0);
  const int screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  ASSERT_GE(screen, 0);
  setenv("TERM", "xterm", 1);
  const pid_t process = launch.Start({"--procs_per_node=2"}, screen);
  close(screen);
  std::string text;
  char chunk[1024];
  // Ends with an error, EIO, when all have closed it.
  for (ssize_t count = 1; count > 0;) {
    count = read(terminal, chunk, sizeof(chunk));
    if (count > 0) text.append(chunk, count);
    if (text.find("live 20") != std::string::npos) {
      std::filesystem::create_directory(launch.folder() + "/out/live");
    }
  }
  close(terminal);
  EXPECT_EQ(LaunchProcess::Wait(process), 0);
  EXPECT_THAT(text, HasSubstr("\nlive 10\r\033[Klive 20"));
  EXPECT_THAT(text, HasSubstr("[rank 1] a pipe\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\033[Kend\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("[rank 0]")));
}

TEST(LaunchTest, APlanStartsNothing) {
  const LaunchProcess launch;
  EXPECT_EQ(launch.Run({"--procs_per_node=2", "--plan"}), 0);
  EXPECT_THAT(launch.log(),
              HasSubstr("launch: 1 node of 2 processes, 2 ranks\n  rank 0  "));
  EXPECT_THAT(launch.log(), HasSubstr("test_rank.sh --spec="));
  EXPECT_FALSE(std::filesystem::exists(launch.folder() + "/out"));
}

TEST(LaunchTest, WrongInputIsOneClearLineBeforeAnythingStarts) {
  const struct {
    std::vector<std::string> flags;
    const char* said;
  } kCases[] = {
      {{"--nodes=0"}, "--nodes=0: nodes: must be at least 1 and"},
      {{"--procs_per_node=-1"},
       "--procs_per_node=-1: procs_per_node: must be at least 1"},
      {{"--launcher=ssh"}, "--launcher: wanted local or slurm, got 'ssh'"},
      {{"--spec="}, "--spec is missing"},
      {{"--spec=/no/such"}, "/no/such: no such file"},
      {{"--set=snclr.neighbours=1"}, "did you mean 'snclr.neighbors'?"},
      {{"--procs_per_node=5"},
       "data.global_batch: 12 images cannot be divided among 5 ranks"},
      {{"--nodes=2", "--node_rank=2", "--master=a:1"},
       "--node_rank=2: wanted 0 to 1"},
      {{"--node_rank=1"}, "--node_rank=1: wanted 0 to 0"},
      {{"--nodes=2", "--node_rank=0"}, "--master is missing"},
      {{"--nodes=2", "--master=a:1"}, "--node_rank is missing"},
      {{"--nodes=2", "--node_rank=0", "--master=a"},
       "--master=a: wanted HOST:PORT"},
      {{"--launch=/no/such"}, "/no/such: no such file"},
      {{"--slurm=gpus=1"}, "slurm.gpus: no such field"},
      {{"--max_steps=-1"}, "--max_steps is negative"},
      {{"--grace_seconds=-1"}, "--grace_seconds: wanted a number"},
      {{"--launcher=slurm", "--node_rank=0"}, "are for --launcher=local"},
  };
  for (const auto& wrong : kCases) {
    const LaunchProcess launch;
    EXPECT_EQ(launch.Run(wrong.flags), 2) << wrong.flags[0];
    EXPECT_THAT(launch.log(), HasSubstr(wrong.said));
    EXPECT_EQ(launch.CountInLog("\n"), 1) << launch.log();
    EXPECT_FALSE(std::filesystem::exists(launch.folder() + "/out"));
  }
}

}  // namespace
}  // namespace snclr
