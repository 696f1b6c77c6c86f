// SPDX-License-Identifier: MIT
#include "tools/compare/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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

TEST(SummarizeTest, IsMeanAndSampleDeviationByHand) {
  // Squares of deviations: 4, 0, 4; 8 / 2 = 4.
  const Statistic statistic = Summarize({1.0, std::nullopt, 3.0, 5.0});
  EXPECT_EQ(statistic.n, 3);
  EXPECT_DOUBLE_EQ(*statistic.mean, 3);
  EXPECT_DOUBLE_EQ(*statistic.deviation, 2);
}

TEST(SummarizeTest, KeepsDigitsOfValuesThatAreCloseTogether) {
  const Statistic statistic = Summarize({1e9 + 1, 1e9 + 2, 1e9 + 3});
  EXPECT_DOUBLE_EQ(*statistic.deviation, 1);
}

TEST(SummarizeTest, OneValueHasNoDeviationAndNoneHasNoMean) {
  EXPECT_EQ(*Summarize({7.0}).mean, 7);
  EXPECT_FALSE(Summarize({7.0}).deviation.has_value());
  EXPECT_FALSE(Summarize({std::nullopt}).mean.has_value());
  EXPECT_EQ(Summarize({}).n, 0);
}

TEST(SummarizeTest, AValueThatIsNoNumberIsNotHidden) {
  EXPECT_TRUE(std::isnan(*Summarize({1.0, std::nan("")}).mean));
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
