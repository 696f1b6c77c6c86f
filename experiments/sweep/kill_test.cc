// SPDX-License-Identifier: MIT
// A sweep killed at random moments, with its children at whatever they were
// doing: nothing is lost and nothing runs twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/sweep/sweep_process.h"
#include "experiments/sweep/sweep_testing.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

using ::testing::SizeIs;

// Of all runs; a run keeps its newest two.
int CountCheckpoints(const std::string& out) {
  int count = 0;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(out, error)) {
    if (entry.path().extension() == ".safetensors") ++count;
  }
  return count;
}

TEST(SweepKillTest, EachRunIsFinishedExactlyOnce) {
  const SweepProcess sweep(
      TestFolder(),
      "name: \"n\" question: \"q\" base: \"tiny.textproto\" seeds: 2\n"
      "set: \"schedule.epochs=20\"\n"
      "axes { path: \"snclr.neighbors\" values: [\"1\", \"3\", \"5\"] }");
  Random random(/*seed=*/11, {});
  int kills = 0;
  for (int round = 0; round < 3; ++round) {
    const int begun =
        sweep.CountInLog("started ") + sweep.CountInLog("resumes ");
    const pid_t process = sweep.Start({"--jobs=2"});
    while (sweep.CountInLog("started ") + sweep.CountInLog("resumes ") ==
           begun) {
      absl::SleepFor(absl::Milliseconds(10));
    }
    // The first time while the children load, before there is any run; then
    // when further checkpoints have been made, so that there is much to lose.
    const int checkpoints = CountCheckpoints(sweep.out());
    while (round > 0 && CountCheckpoints(sweep.out()) < checkpoints + round) {
      absl::SleepFor(absl::Milliseconds(10));
    }
    absl::SleepFor(absl::Milliseconds(random.Below(1000)));
    kill(process, SIGKILL);
    if (SweepProcess::Wait(process) == -SIGKILL) ++kills;
  }
  EXPECT_EQ(kills, 3);
  EXPECT_GE(CountCheckpoints(sweep.out()), 3) << "no training was caught";
  // At once: children of the killed one may still be saving.
  ASSERT_EQ(sweep.Run({"--jobs=2"}), 0) << sweep.log();

  const auto runs = sweep.Runs();
  EXPECT_THAT(runs, SizeIs(6)) << sweep.log();
  std::set<std::string> hashes;
  for (const RunRecord& run : runs) {
    EXPECT_EQ(run.status, RunStatus::kFinished) << run.run;
    EXPECT_EQ(run.last_step, 120) << run.run;
    hashes.insert(run.spec_hash);
  }
  EXPECT_THAT(hashes, SizeIs(6));
  EXPECT_EQ(sweep.CountInLog("failed "), 0) << sweep.log();
}

}  // namespace
}  // namespace snclr
