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
                false);
  std::vector<std::string> keys;
  for (const Group& group : groups) keys.push_back(group.keys[0]);
  EXPECT_THAT(keys, ElementsAre("9", "10", "1e1", "a", "b", ""));
}

TEST(AggregateTest, CountsFinishedRunsAndKeepsTheOthersInSight) {
  const std::vector<SelectedRun> runs = {MakeRun("a", 1), MakeRun("a", 3),
                                         MakeRun("a", 100, RunStatus::kFailed),
                                         MakeRun("b", 5, RunStatus::kRunning)};
  const auto groups = Aggregate(runs, false);
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(*groups[0].metrics[0].mean, 2);
  EXPECT_THAT(groups[0].left_out, SizeIs(1));
  EXPECT_EQ(groups[1].metrics[0].n, 0);
  EXPECT_THAT(groups[1].left_out, SizeIs(1));
  const auto all = Aggregate(runs, true);
  EXPECT_EQ(all[0].metrics[0].n, 3);
  EXPECT_THAT(all[0].left_out, SizeIs(0));
}

}  // namespace
}  // namespace snclr
