// SPDX-License-Identifier: MIT
#include "tools/report/report_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tools/compare/baseline.h"
#include "tools/report/answer.h"
#include "tools/report/field_lines.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

RunRecord Record(const std::string& method) {
  RunRecord record;
  record.method = method;
  record.status = RunStatus::kFinished;
  return record;
}

// A group of finished runs, seeds 1, 2, ..., with these values.
void AddGroup(const std::vector<std::string>& keys,
              const std::vector<double>& values,
              std::vector<SelectedRun>* runs) {
  for (size_t i = 0; i < values.size(); ++i) {
    SelectedRun run;
    run.record = Record(keys[0]);
    run.record.seed = i + 1;
    run.keys = keys;
    run.metrics = {values[i]};
    runs->push_back(run);
  }
}

ReportGroups Grouped(const std::vector<std::string>& columns,
                     const std::vector<SelectedRun>& runs) {
  ReportGroups groups;
  Comparison& comparison = groups.comparison;
  comparison.query.metrics = {"knn_top1"};
  comparison.query.grouping = GroupingKind::kFields;
  comparison.columns = columns;
  comparison.runs = runs;
  comparison.groups = Aggregate(runs, Unfinished::kLeftOut);
  comparison.baseline = 0;
  CompareWith(0, kDefaultConfidence, &comparison.groups);
  groups.labels = GroupLabels(columns, comparison.groups);
  return groups;
}

TEST(DefaultMetricsTest, AreAccuraciesThenTheLoss) {
  EXPECT_THAT(DefaultMetrics({"gradient_norm", "knn_top1", "knn_top1_untrained",
                              "linear_top1", "loss"}),
              ElementsAre("knn_top1", "linear_top1", "loss"));
  EXPECT_THAT(DefaultMetrics({"other"}), ElementsAre("other"));
  EXPECT_THAT(DefaultMetrics({}), IsEmpty());
}

TEST(GroupLabelsTest, AreShortUnlessThatIsAmbiguous) {
  std::vector<Group> groups(2);
  groups[0].counted.resize(1);
  groups[1].counted.resize(1);
  groups[0].keys = {"snclr", "5", ""};
  groups[1].keys = {"moco_v3", "", "0.1"};
  EXPECT_THAT(
      GroupLabels({"method", "snclr.neighbors", "optimizer.weight_decay"},
                  groups),
      ElementsAre("snclr, neighbors=5", "moco_v3, weight_decay=0.1"));
  EXPECT_THAT(GroupLabels({"method", "a.rows", "b.rows"}, groups),
              ElementsAre("snclr, a.rows=5", "moco_v3, b.rows=0.1"));
}

TEST(GroupLabelsTest, NameWhatVariesAmongTheGroupsThatCount) {
  std::vector<Group> groups(3);
  groups[0].keys = {"snclr", "1", "0.1"};
  groups[0].counted.resize(1);
  groups[1].keys = {"snclr", "5", "0.1"};
  groups[1].counted.resize(1);
  groups[2].keys = {"snclr", "5", "9"};  // failed
  EXPECT_THAT(
      GroupLabels({"method", "snclr.neighbors", "optimizer.base_lr"}, groups),
      ElementsAre("neighbors=1", "neighbors=5", "neighbors=5, base_lr=9"));
  groups.resize(1);
  EXPECT_THAT(
      GroupLabels({"method", "snclr.neighbors", "optimizer.base_lr"}, groups),
      ElementsAre("snclr"));
}

TEST(AnswerTest, ClaimsADifferenceOnlyWhereSeedsDoNotExplainIt) {
  std::vector<SelectedRun> runs;
  AddGroup({"moco_v3"}, {50.0, 50.4, 49.8}, &runs);
  AddGroup({"snclr"}, {55.1, 55.3, 54.9}, &runs);
  const std::string sure = Answer(Grouped({"method"}, runs));
  EXPECT_THAT(sure, HasSubstr("snclr has the highest knn_top1: 55.10 %"));
  EXPECT_THAT(sure, HasSubstr("5.03 points above moco_v3"));
  EXPECT_THAT(sure, HasSubstr("p = "));
  EXPECT_THAT(sure, Not(HasSubstr("seeds alone")));

  runs.clear();
  AddGroup({"moco_v3"}, {50.0, 56.0, 49.0}, &runs);
  AddGroup({"snclr"}, {55.0, 51.0, 53.0}, &runs);
  EXPECT_THAT(Answer(Grouped({"method"}, runs)),
              HasSubstr("which seeds alone may explain"));
}

TEST(AnswerTest, WarnsOfTheBestOfMany) {
  std::vector<SelectedRun> runs;
  for (int i = 0; i < 11; ++i) {
    AddGroup({absl::StrCat("m", i)}, {50.0 + i, 50.5 + i}, &runs);
  }
  EXPECT_THAT(Answer(Grouped({"method"}, runs)),
              HasSubstr("The best of 11 groups is partly lucky"));
}

TEST(AnswerTest, SaysThatSingleRunsTellNothingOfNoise) {
  std::vector<SelectedRun> runs;
  AddGroup({"moco_v3"}, {50.0}, &runs);
  AddGroup({"snclr"}, {60.0}, &runs);
  EXPECT_THAT(Answer(Grouped({"method"}, runs)), HasSubstr("too few runs"));
}

TEST(AnswerTest, ComparesABestBaselineWithTheNextOne) {
  std::vector<SelectedRun> runs;
  AddGroup({"moco_v3"}, {60.0, 60.1, 60.2}, &runs);
  AddGroup({"snclr"}, {50.0, 50.2, 50.1}, &runs);
  const std::string answer = Answer(Grouped({"method"}, runs));
  EXPECT_THAT(answer, HasSubstr("moco_v3 has the highest"));
  EXPECT_THAT(answer, HasSubstr("10.00 points above snclr"));
}

TEST(AnswerTest, WithoutAFinishedRunHasNone) {
  EXPECT_EQ(Answer(ReportGroups()), "There are no runs.");
  std::vector<SelectedRun> runs;
  AddGroup({"snclr"}, {50.0}, &runs);
  runs[0].record.status = RunStatus::kFailed;
  EXPECT_THAT(Answer(Grouped({"method"}, runs)),
              HasSubstr("only finished runs count"));
}

TEST(FormatNumberTest, HasTheDigitsThatCount) {
  EXPECT_EQ(FormatNumber(55.834), "55.83");
  EXPECT_EQ(FormatNumber(0.012345), "0.0123");
  EXPECT_EQ(FormatNumber(123.45), "123.5");
  EXPECT_EQ(FormatNumber(12345.6), "12346");
  EXPECT_EQ(FormatNumber(0.0 / 0.0), "not a number");
}

TEST(AllFieldLinesTest, KeepEverythingElseEqualAlongALine) {
  std::vector<SelectedRun> runs;
  AddGroup({"snclr", "10", "128"}, {1}, &runs);
  AddGroup({"snclr", "5", "128"}, {2}, &runs);
  AddGroup({"snclr", "5", "64"}, {3}, &runs);
  AddGroup({"snclr", "30", "64"}, {3}, &runs);
  AddGroup({"snclr", "7", "32"}, {3}, &runs);  // alone: no line
  AddGroup({"moco_v3", "", "64"}, {4}, &runs);
  const ReportGroups groups =
      Grouped({"method", "snclr.neighbors", "bank.rows"}, runs);
  const auto all = AllFieldLines(groups);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].field, "snclr.neighbors");
  EXPECT_THAT(all[0].values, ElementsAre("5", "10", "30"));
  ASSERT_EQ(all[0].lines.size(), 2u);
  EXPECT_EQ(all[0].lines[0].label, "rows=128");
  EXPECT_EQ(all[0].lines[0].points[0].first, "5");
  EXPECT_EQ(all[0].lines[0].points[1].first, "10");
  const size_t first = all[0].lines[0].points[0].second;
  EXPECT_EQ(*groups.comparison.groups[first].metrics[0].mean, 2);
  EXPECT_EQ(all[1].field, "bank.rows");
  EXPECT_THAT(all[1].values, ElementsAre("64", "128"));
  ASSERT_EQ(all[1].lines.size(), 1u);
  EXPECT_EQ(all[1].lines[0].label, "");
}

}  // namespace
}  // namespace snclr
