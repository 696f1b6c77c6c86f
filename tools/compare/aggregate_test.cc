// SPDX-License-Identifier: MIT
#include "tools/compare/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

SelectedRun MakeRun(const std::string& key, std::optional<double> value,
                    RunStatus status = RunStatus::kFinished) {
  SelectedRun run;
  run.record.status = status;
  run.keys = {key};
  run.metrics = {value};
  return run;
}

TEST(AggregateTest, SortsNumbersBySizeThenTextsThenNothing) {
  const auto groups =
      Aggregate({MakeRun("", 1), MakeRun("b", 1), MakeRun("10", 1),
                 MakeRun("9", 1), MakeRun("a", 1), MakeRun("1e1", 1)},
                Unfinished::kLeftOut);
  std::vector<std::string> keys;
  for (const Group& group : groups) keys.push_back(group.keys[0]);
  EXPECT_THAT(keys, ElementsAre("9", "10", "1e1", "a", "b", ""));
}

TEST(AggregateTest, CountsFinishedRunsAndKeepsTheOthersInSight) {
  const std::vector<SelectedRun> runs = {MakeRun("a", 1), MakeRun("a", 3),
                                         MakeRun("a", 100, RunStatus::kFailed),
                                         MakeRun("b", 5, RunStatus::kRunning)};
  const auto groups = Aggregate(runs, Unfinished::kLeftOut);
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(*groups[0].metrics[0].mean, 2);
  EXPECT_THAT(groups[0].counted, ElementsAre(0, 1));
  EXPECT_THAT(groups[0].left_out, ElementsAre(2));
  EXPECT_EQ(groups[1].metrics[0].n, 0);
  EXPECT_THAT(groups[1].left_out, ElementsAre(3));
  const auto all = Aggregate(runs, Unfinished::kCounted);
  EXPECT_EQ(all[0].metrics[0].n, 3);
  EXPECT_THAT(all[0].left_out, SizeIs(0));
}

TEST(AggregateTest, AnUnfinishedRunCanStandAloneAndIsInNoMean) {
  const auto groups =
      Aggregate({MakeRun("a", 100, RunStatus::kRunning), MakeRun("a", 1),
                 MakeRun("a", 3), MakeRun("a", 50, RunStatus::kStopped)},
                Unfinished::kAlone);
  ASSERT_THAT(groups, SizeIs(3));
  EXPECT_FALSE(groups[0].is_unfinished);
  EXPECT_EQ(*groups[0].metrics[0].mean, 2);
  EXPECT_TRUE(groups[1].is_unfinished);
  EXPECT_THAT(groups[1].counted, ElementsAre(0));
  EXPECT_EQ(*groups[2].metrics[0].mean, 50);
}

TEST(AggregateTest, SamplesCarryTheSeedsOfRunsThatHaveTheMetric) {
  std::vector<SelectedRun> runs = {MakeRun("a", 1), MakeRun("a", std::nullopt),
                                   MakeRun("a", 3)};
  for (size_t i = 0; i < runs.size(); ++i) runs[i].record.seed = 10 + i;
  const auto groups = Aggregate(runs, Unfinished::kLeftOut);
  ASSERT_THAT(groups[0].samples[0], SizeIs(2));
  EXPECT_EQ(groups[0].samples[0][1].seed, 12u);
  EXPECT_EQ(groups[0].samples[0][1].value, 3);
}

}  // namespace
}  // namespace snclr
