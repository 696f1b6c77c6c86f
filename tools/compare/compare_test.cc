// SPDX-License-Identifier: MIT
#include "tools/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/compare/compare_testing.h"

namespace snclr {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(CompareTest, ListsEachRunWithItsStatusAndMetrics) {
  AddRun("1", "snclr", 1, {30, 70});
  AddRun("2", "moco_v3", 2, {}, RunStatus::kFailed);
  const Shown shown = Compare(Options("knn_top1,loss", "run"));
  ASSERT_OK(shown.status);
  const Json rows = shown.Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["run"], "quick/1");
  EXPECT_EQ(rows[0]["method"], "snclr");
  EXPECT_EQ(rows[0]["seed"], 1);
  EXPECT_EQ(rows[0]["status"], "finished");
  EXPECT_EQ(rows[0]["knn_top1"], 70.0);
  EXPECT_EQ(rows[0]["loss"], -70.0);
  EXPECT_EQ(rows[1]["status"], "failed");
  EXPECT_TRUE(rows[1]["knn_top1"].is_null());
}

TEST_F(CompareTest, GroupsHaveMeanAndDeviationOverSeeds) {
  AddRun("1", "snclr", 1, {70});
  AddRun("2", "snclr", 2, {74});
  AddRun("3", "snclr", 3, {99}, RunStatus::kInterrupted);
  AddRun("4", "moco_v3", 1, {60});
  const Shown shown = Compare(Options("knn_top1", "method"));
  ASSERT_OK(shown.status);
  const Json rows = shown.Rows();
  ASSERT_EQ(rows.size(), 2u);
  const Json& moco = rows[0];
  EXPECT_EQ(moco["method"], "moco_v3");
  EXPECT_EQ(moco["run"], "quick/4");
  EXPECT_EQ(moco["seed"], 1);
  EXPECT_TRUE(moco["knn_top1_std"].is_null());
  const Json& snclr = rows[1];
  EXPECT_EQ(snclr["method"], "snclr");
  EXPECT_TRUE(snclr["run"].is_null());
  EXPECT_TRUE(snclr["seed"].is_null());
  EXPECT_EQ(snclr["status"], "finished");
  EXPECT_EQ(snclr["n"], 2);
  EXPECT_EQ(snclr["knn_top1"], 72.0);
  EXPECT_NEAR(snclr["knn_top1_std"], std::sqrt(8.0), 1e-12);
  EXPECT_EQ(snclr["knn_top1_n"], 2);
  EXPECT_EQ(snclr["runs"], Json({"quick/1", "quick/2"}));
  EXPECT_EQ(snclr["seeds"], Json({1, 2}));
  EXPECT_EQ(snclr["left_out"][0]["run"], "quick/3");
  EXPECT_EQ(snclr["left_out"][0]["status"], "interrupted");
}

TEST_F(CompareTest, TheTableSaysWhatItShowsAndWhomItLeftOut) {
  AddRun("1", "snclr", 1, {70});
  AddRun("2", "snclr", 2, {74});
  AddRun("3", "snclr", 3, {99}, RunStatus::kInterrupted);
  AddRun("4", "moco_v3", 1, {60});
  const Shown shown = Compare(Options("knn_top1", "method", "table"));
  ASSERT_OK(shown.status);
  EXPECT_EQ(shown.notes, "");
  EXPECT_EQ(
      shown.out,
      "method   n      knn_top1   95 % interval  left out\n"
      "-------  -  ------------  --------------  -------------\n"
      "moco_v3  1         60.00               -\n"
      "snclr    2  72.00 ± 2.83  [46.59, 97.41]  1 interrupted\n"
      "\n"
      "shown: the last knn_top1 of each run; mean ± sample standard deviation"
      " over the n runs of a group\n"
      "95 % interval: of the mean, by Student's t\n"
      "n = 1: a single run has no deviation, and nothing tells it from chance\n"
      "left out, as not finished (1): quick/3; a condition on status in --where"
      " counts what it selects\n"
      "caution: groups have different seeds: 1 (moco_v3); 1, 2 (snclr)\n");
}

TEST_F(CompareTest, AConditionOnTheStatusDecidesWhoCounts) {
  AddRun("1", "snclr", 1, {70});
  AddRun("2", "snclr", 2, {74}, RunStatus::kStopped);
  CompareOptions options = Options("knn_top1", "method");
  options.where = {"status!=failed"};
  const Shown shown = Compare(options);
  ASSERT_OK(shown.status);
  EXPECT_EQ(shown.Rows()[0]["n"], 2);
  EXPECT_TRUE(shown.Rows()[0]["status"].is_null());
}

TEST_F(CompareTest, ValueChoosesWhatStandsForARun) {
  AddRun("1", "snclr", 1, {10, 80, 70, 60});
  const std::map<std::string, std::pair<double, double>> wanted = {
      {"last", {60, -60}},
      {"best", {80, -80}},
      {"mean:2", {65, -65}},
      {"mean:100", {55, -55}}};
  for (const auto& [value, metrics] : wanted) {
    CompareOptions options = Options("knn_top1,loss", "run");
    options.value = value;
    const Shown shown = Compare(options);
    ASSERT_OK(shown.status);
    EXPECT_EQ(shown.Rows()[0]["knn_top1"], metrics.first) << value;
    EXPECT_EQ(shown.Rows()[0]["loss"], metrics.second) << value;
  }
  CompareOptions best = Options("knn_top1,loss", "");
  best.value = "best";
  EXPECT_THAT(Compare(best).notes,
              HasSubstr("the highest knn_top1, the lowest loss"));
}

TEST_F(CompareTest, WhereSelectsByFieldsOfRecordAndSpec) {
  AddRun("1", "snclr", 1, {70}, RunStatus::kFinished,
         {{"optimizer.base_lr", "1e-4"}});
  AddRun("2", "snclr", 2, {71}, RunStatus::kFinished,
         {{"optimizer.base_lr", "1e-3"}});
  AddRun("3", "moco_v3", 2, {72}, RunStatus::kFinished,
         {{"optimizer.base_lr", "1e-3"}});
  CompareOptions options = Options("knn_top1", "run");
  options.where = {"method=snclr, optimizer.base_lr>5e-4", "name=qui*"};
  const Json rows = Compare(options).Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["run"], "quick/2");
}

TEST_F(CompareTest, CsvKeepsEveryDigit) {
  AddRun("1", "snclr", 1, {0.1 + 0.2});
  AddRun("2", "snclr", 2, {1e-20});
  const Shown shown = Compare(Options("knn_top1", "run", "csv"));
  ASSERT_OK(shown.status);
  EXPECT_EQ(shown.out,
            "run,method,seed,status,knn_top1\r\n"
            "quick/1,snclr,1,finished,0.30000000000000004\r\n"
            "quick/2,snclr,2,finished,1e-20\r\n");
}

TEST_F(CompareTest, WrongNamesAreAnsweredWithTheOnesThereAre) {
  AddRun("1", "snclr", 1, {70});
  const auto message = [&](const CompareOptions& options) {
    const Shown shown = Compare(options);
    EXPECT_TRUE(absl::IsInvalidArgument(shown.status)) << shown.status;
    EXPECT_EQ(shown.out, "");
    EXPECT_THAT(std::string(shown.status.message()), Not(HasSubstr("\n")));
    return std::string(shown.status.message());
  };
  EXPECT_THAT(message(Options("knn_top", "")),
              AllOf(HasSubstr("did you mean 'knn_top1'?"),
                    HasSubstr("there are knn_top1, loss")));
  EXPECT_THAT(message(Options("loss", "metod")),
              HasSubstr("--group_by: no run has a field 'metod'; did you mean"
                        " 'method'?"));
  EXPECT_THAT(message(Options("loss", "", "tabel")),
              HasSubstr("did you mean 'table'?"));
  CompareOptions options = Options("loss", "");
  options.where = {"optimizer.base_lrr=3"};
  EXPECT_THAT(message(options), HasSubstr("'optimizer.base_lr'?"));
  options.where = {};
  options.value = "mean:0";
  EXPECT_THAT(message(options), HasSubstr("mean:K"));
}

TEST_F(CompareTest, NothingToShowIsSaidAndNoFailure) {
  AddRun("1", "snclr", 1, {70});
  CompareOptions options = Options("loss", "");
  options.where = {"seed=9"};
  const Shown json = Compare(options);
  ASSERT_OK(json.status);
  EXPECT_EQ(json.Rows(), Json::array());
  EXPECT_THAT(json.notes, HasSubstr("no runs match"));
  options.format = "table";
  EXPECT_THAT(Compare(options).out, HasSubstr("no runs match: 1 runs in"));
  options.group_by = "method";
  EXPECT_THAT(Compare(options).out, HasSubstr("no runs match"));
}

TEST_F(CompareTest, AMissingDatabaseIsAnError) {
  const Shown shown = Compare(Options("loss", ""));
  EXPECT_TRUE(absl::IsNotFound(shown.status)) << shown.status;
  EXPECT_THAT(std::string(shown.status.message()),
              AllOf(HasSubstr(DefaultTrackerPath(out_)), HasSubstr("--db")));
}

TEST_F(CompareTest, WithoutAMetricItListsRunsAndMetrics) {
  AddRun("1", "snclr", 1, {70});
  CompareOptions options;
  const Shown shown = Compare(options);
  ASSERT_OK(shown.status);
  EXPECT_EQ(shown.out,
            "run      method  seed  status\n"
            "-------  ------  ----  --------\n"
            "quick/1  snclr      1  finished\n"
            "\n"
            "metrics for --metric: knn_top1, loss\n");
}

TEST_F(CompareTest, ANameThatIsNoUtf8IsShownAsFarAsItGoes) {
  AddRun("caf\xE9", "snclr", 1, {70});
  const Shown shown = Compare(Options("loss", ""));
  ASSERT_OK(shown.status);
  EXPECT_EQ(shown.Rows()[0]["run"], "quick/caf\xEF\xBF\xBD");
}

TEST_F(CompareTest, WithoutGroupByRunsOfOneSpecAreARow) {
  for (const uint64_t seed : {1, 2, 3}) {
    const double value = static_cast<double>(seed);
    AddRun(absl::StrCat("a", seed), "snclr", seed, {70 + value},
           RunStatus::kFinished,
           {{"snclr.neighbors", "5"}, {"tracking.every_steps", "9"}});
    AddRun(absl::StrCat("b", seed), "snclr", seed, {60 + value},
           RunStatus::kFinished, {{"snclr.neighbors", "10"}});
  }
  AddRun("c", "snclr", 4, {5}, RunStatus::kInterrupted,
         {{"snclr.neighbors", "5"}});
  const Shown shown = Compare(Options("knn_top1", "", "table"));
  ASSERT_OK(shown.status);
  EXPECT_THAT(
      shown.out,
      StartsWith(
          "snclr.neighbors  n      knn_top1   95 % interval  unfinished\n"
          "---------------  -  ------------  --------------  "
          "--------------------\n"
          "5                3  72.00 ± 1.00  [69.52, 74.48]\n"
          "5                1          5.00               -  "
          "interrupted: quick/c\n"
          "10               3  62.00 ± 1.00  [59.52, 64.48]\n"));
  const Json rows = Compare(Options("knn_top1", "")).Rows();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0]["snclr.neighbors"], 5);
  EXPECT_EQ(rows[0]["seeds"], Json({1, 2, 3}));
  EXPECT_EQ(rows[1]["run"], "quick/c");
  EXPECT_EQ(rows[1]["status"], "interrupted");
  EXPECT_EQ(rows[1]["knn_top1"], 5.0);
}

TEST_F(CompareTest, RunsWithoutAMetricAreNamedAndCounted) {
  AddRun("1", "snclr", 1, {70});
  AddRun("2", "snclr", 2, {});
  const Shown shown = Compare(Options("knn_top1", "", "table"));
  EXPECT_THAT(shown.out, AllOf(HasSubstr("70.00 (n=1)"),
                               HasSubstr("without knn_top1 (1): quick/2\n")));
}

TEST_F(CompareTest, NamesAreTextInEveryFormat) {
  const std::string name = "a,\"b\" | <i>&_{c}";
  RunInfo info = TestRun(out_, "quick", "1");
  auto recorder =
      StartRecorder(info, DefaultTrackerPath(out_), absl::Seconds(15));
  ASSERT_TRUE(recorder.ok()) << recorder.status();
  (*recorder)->Metrics(1, 1, {{name, 5}, {"seed", 9}, {"runs", 8}});
  ASSERT_OK((*recorder)->Finish(RunStatus::kFinished, ""));
  CompareOptions options;
  options.metrics = {"\"a,\"\"b\"\" | <i>&_{c}\", seed,runs"};
  for (const std::string group_by : {"", "run"}) {
    options.group_by = group_by;
    options.format = "json";
    const Shown json = Compare(options);
    ASSERT_OK(json.status);
    EXPECT_EQ(json.Rows()[0][name], 5.0);
    EXPECT_EQ(json.Rows()[0]["seed"], 7) << "the run's own field holds";
    options.format = "csv";
    EXPECT_THAT(Compare(options).out, HasSubstr("\"a,\"\"b\"\" | <i>&_{c}\""));
    options.format = "markdown";
    EXPECT_THAT(Compare(options).out,
                HasSubstr("a,\"b\" \\| &lt;i>&amp;\\_{c}"));
    options.format = "latex";
    EXPECT_THAT(
        Compare(options).out,
        HasSubstr("a,\"b\" \\textbar{} \\textless{}i\\textgreater{}\\&\\_\\{c"
                  "\\}"));
  }
  options.format = "json";
  options.group_by = "method";
  const Json row = Compare(options).Rows()[0];
  EXPECT_EQ(row["statistics"]["seed"]["mean"], 9.0);
  EXPECT_EQ(row["statistics"]["runs"]["mean"], 8.0);
}

TEST_F(CompareTest, NotesAreTextTooAndFitATerminal) {
  RunInfo info = TestRun(out_, "quick", "1");
  auto recorder =
      StartRecorder(info, DefaultTrackerPath(out_), absl::Seconds(15));
  ASSERT_TRUE(recorder.ok()) << recorder.status();
  (*recorder)->Metrics(1, 1, {{"\x1b[31m <b>", 5}});
  ASSERT_OK((*recorder)->Finish(RunStatus::kFinished, ""));
  CompareOptions options = Options("\x1b[31m <b>", "", "table");
  options.width = 40;
  EXPECT_THAT(Compare(options).out,
              AllOf(Not(HasSubstr("\x1b")),
                    HasSubstr("shown: the last \\x1b[31m <b> of each\n"
                              "  run; mean ± sample standard deviation\n"
                              "  over the n runs of a group\n")));
  options.format = "markdown";
  EXPECT_THAT(Compare(options).out,
              HasSubstr("shown: the last \\\\x1b[31m &lt;b> of each run;"));
}

}  // namespace
}  // namespace snclr
