// SPDX-License-Identifier: MIT
// The program with real trainings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/sweep/sweep_process.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kHead[] =
    "name: \"n\" question: \"q\" base: \"tiny.textproto\"\n";

TEST(SweepTest, RunsWhatIsMissingAndNothingTwice) {
  const SweepProcess sweep(TestFolder(), absl::StrCat(kHead, "seeds: 2"));
  EXPECT_EQ(sweep.Run({"--plan"}), 0);
  EXPECT_THAT(sweep.log(), HasSubstr("unknown until the first trial ends"));
  EXPECT_EQ(sweep.CountInLog("to run"), 2);
  ASSERT_EQ(sweep.Run({"--jobs=2"}), 0) << sweep.log();
  EXPECT_EQ(sweep.CountInLog("started "), 2);
  const auto runs = sweep.Runs();
  ASSERT_THAT(runs, SizeIs(2));
  for (const RunRecord& run : runs) {
    EXPECT_EQ(run.status, RunStatus::kFinished);
    EXPECT_EQ(run.last_step, 24);
    EXPECT_EQ(run.question, "q");
  }
  // Again: nothing to do; another seed: that one.
  EXPECT_EQ(sweep.Run({}), 0);
  EXPECT_EQ(sweep.CountInLog("started "), 2);
  EXPECT_EQ(sweep.Run({"--plan"}), 0);
  EXPECT_THAT(sweep.log(), HasSubstr("nothing left to do"));
  EXPECT_THAT(sweep.log(), HasSubstr("finished: n/001, k-NN top-1 "));
}

TEST(SweepTest, ATrialThatFailsFailsAlone) {
  const SweepProcess sweep(
      TestFolder(),
      absl::StrCat(kHead,
                   "max_attempts: 2 axes { path: \"optimizer.base_lr\" "
                   "values: [\"1e30\", \"1e-3\"] }"));
  EXPECT_EQ(sweep.Run({"--jobs=1"}), 1);
  EXPECT_EQ(sweep.CountInLog("(1 of 2): "), 1) << sweep.log();
  EXPECT_EQ(sweep.CountInLog("(2 of 2): "), 1) << sweep.log();
  EXPECT_THAT(sweep.log(), HasSubstr("1 of 2 finished, 1 given up"));
  EXPECT_THAT(sweep.log(), HasSubstr("given up after 2 failures: "));
  EXPECT_THAT(sweep.log(), HasSubstr("--retry_failed"));
  std::map<RunStatus, int> counts;
  for (const RunRecord& run : sweep.Runs()) ++counts[run.status];
  EXPECT_EQ(counts[RunStatus::kFinished], 1);
  EXPECT_EQ(counts[RunStatus::kFailed], 1) << "its attempts are one run's";

  EXPECT_EQ(sweep.Run({}), 1);
  EXPECT_EQ(sweep.CountInLog(" of 2): "), 2) << "it is not tried a third time";
  EXPECT_EQ(sweep.Run({"--retry_failed"}), 1);
  EXPECT_EQ(sweep.CountInLog("(2 of 2): "), 2) << sweep.log();
}

TEST(SweepTest, ASecondSweepOfTheSameNameIsRefused) {
  const SweepProcess sweep(TestFolder(), absl::StrCat(kHead, "seeds: 1"));
  const pid_t first = sweep.Start({});
  ASSERT_TRUE(sweep.WaitForLog("started "));
  EXPECT_EQ(sweep.Run({}), 2);
  EXPECT_THAT(sweep.log(), HasSubstr(absl::StrCat(
                               "the sweep n is being run by process ", first)));
  EXPECT_EQ(SweepProcess::Wait(first), 0) << sweep.log();
  EXPECT_THAT(sweep.Runs(), SizeIs(1));
}

TEST(SweepTest, InterruptedItSavesSaysHowToGoOnAndGoesOn) {
  const SweepProcess sweep(TestFolder(), absl::StrCat(kHead, "seeds: 2"));
  const std::string longer = "--set=schedule.epochs=40";
  const pid_t process = sweep.Start({longer});
  const std::string checkpoints = sweep.out() + "/n/001";
  const auto has_checkpoint = [&] {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(checkpoints, error)) {
      if (entry.path().extension() == ".safetensors") return true;
    }
    return false;
  };
  while (!has_checkpoint()) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  kill(process, SIGINT);
  EXPECT_EQ(SweepProcess::Wait(process), 128 + SIGINT) << sweep.log();
  EXPECT_THAT(sweep.log(), HasSubstr("the same command again"));
  ASSERT_THAT(sweep.Runs(), SizeIs(1));
  EXPECT_EQ(sweep.Runs()[0].status, RunStatus::kStopped);
  EXPECT_EQ(sweep.Run({longer}), 0) << sweep.log();
  EXPECT_THAT(sweep.log(), HasSubstr("resumes   seed=1: n/001"));
  EXPECT_THAT(sweep.Runs(), SizeIs(2));
}

TEST(SweepTest, StopsTheWorseConfigurationAtItsRung) {
  const SweepProcess sweep(
      TestFolder(),
      absl::StrCat(kHead,
                   "axes { path: \"snclr.neighbors\" values: [\"3\", \"2\"] }\n"
                   "early_stopping { metric: \"loss\" goal: MINIMIZE "
                   "rung_epochs: 2 }"));
  // More neighbours are more terms: the loss of K = 3 is the larger one.
  ASSERT_EQ(sweep.Run({}), 0) << sweep.log();
  EXPECT_EQ(sweep.CountInLog("up to step 12"), 2) << sweep.log();
  EXPECT_THAT(sweep.log(), HasSubstr("1 of 2 finished, 1 stopped early"));
  std::map<RunStatus, int64_t> steps;
  for (const RunRecord& run : sweep.Runs()) steps[run.status] = run.last_step;
  EXPECT_EQ(steps[RunStatus::kFinished], 24);
  EXPECT_EQ(steps[RunStatus::kStopped], 12);
  EXPECT_EQ(sweep.Run({"--plan"}), 0);
  EXPECT_THAT(sweep.log(), HasSubstr("stopped early: n/001, "));
}

TEST(SweepTest, WrongInputIsSaidBeforeAnythingStarts) {
  const SweepProcess sweep(
      TestFolder(),
      absl::StrCat(kHead, "axes { path: \"snclr.neighbours\" values: \"3\" }"));
  EXPECT_EQ(sweep.Run({}), 2);
  EXPECT_THAT(sweep.log(),
              HasSubstr("sweep.textproto:2:41: snclr.neighbours: no such "
                        "field; did you mean 'snclr.neighbors'?"));
  EXPECT_EQ(sweep.Run({"--jobs=0"}), 2);
  EXPECT_EQ(sweep.Run({"--launcher=lsf"}), 2);
  EXPECT_FALSE(std::filesystem::exists(sweep.out()));
}

}  // namespace
}  // namespace snclr
