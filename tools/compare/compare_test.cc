// SPDX-License-Identifier: MIT
#include "tools/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

struct Shown {
  absl::Status status;
  std::string out;
  std::string notes;

  Json Rows() const { return Json::parse(out); }
};

class CompareTest : public ::testing::Test {
 protected:
  void SetUp() override { out_ = TestFolder(); }

  // A run whose k-NN accuracies are `top1`, one a step.
  void AddRun(const std::string& id, const std::string& method, uint64_t seed,
              const std::vector<double>& top1,
              RunStatus status = RunStatus::kFinished,
              const std::map<std::string, std::string>& parameters = {}) {
    RunInfo info = TestRun(out_, "quick", id);
    info.method = method;
    info.seed = seed;
    info.parameters["seed"] = absl::StrCat(seed);
    info.parameters["tracking.every_steps"] = id;  // no matter for the numbers
    info.parameters[method + ".temperature"] = "0.2";
    for (const auto& [path, value] : parameters) info.parameters[path] = value;
    auto recorder =
        StartRecorder(info, DefaultTrackerPath(out_), absl::Seconds(15));
    ASSERT_TRUE(recorder.ok()) << recorder.status();
    for (size_t i = 0; i < top1.size(); ++i) {
      (*recorder)->Metrics(i, i, {{"knn_top1", top1[i]}, {"loss", -top1[i]}});
    }
    ASSERT_OK((*recorder)->Finish(status, ""));
  }

  Shown Compare(CompareOptions options) {
    if (options.db_path.empty()) options.db_path = DefaultTrackerPath(out_);
    std::ostringstream out, notes;
    const absl::Status status = RunCompare(options, out, notes);
    return {status, out.str(), notes.str()};
  }

  static CompareOptions Options(const std::string& metric,
                                const std::string& group_by,
                                const std::string& format = "json") {
    CompareOptions options;
    options.metrics = {metric};
    options.group_by = group_by;
    options.format = format;
    return options;
  }

  std::string out_;
};

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
      "method   n      knn_top1    95 % interval  left out\n"
      "-------  -  ------------  ---------------  -------------\n"
      "moco_v3  1         60.00                -\n"
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

TEST_F(CompareTest, WarnsOfRunsInAGroupThatDifferInMoreThanTheSeed) {
  AddRun("1", "snclr", 1, {70}, RunStatus::kFinished,
         {{"optimizer.base_lr", "0.001"}});
  AddRun("2", "snclr", 2, {74}, RunStatus::kFinished,
         {{"optimizer.base_lr", "0.002"}});
  const Shown shown = Compare(Options("knn_top1", "method"));
  ASSERT_OK(shown.status);
  EXPECT_THAT(shown.notes,
              AllOf(HasSubstr("runs of snclr differ in more than the seed:"
                              " optimizer.base_lr (0.001, 0.002)\n"),
                    Not(HasSubstr("tracking"))));
  const Shown split = Compare(Options("knn_top1", "optimizer.base_lr"));
  EXPECT_EQ(split.Rows()[1]["optimizer.base_lr"], 0.002);
  EXPECT_THAT(split.notes, Not(HasSubstr("differ in more")));
}

TEST_F(CompareTest, WarnsOfGroupsThatDifferInMoreThanTheComparedField) {
  AddRun("1", "snclr", 1, {70});
  AddRun("2", "moco_v3", 1, {74}, RunStatus::kFinished,
         {{"optimizer.base_lr", "0.002"}});
  const Shown shown = Compare(Options("knn_top1", "method"));
  ASSERT_OK(shown.status);
  EXPECT_THAT(shown.notes,
              AllOf(HasSubstr("caution: groups differ in more than method:"
                              " optimizer.base_lr (0.0005, 0.002)\n"),
                    Not(HasSubstr("temperature"))));
}

TEST_F(CompareTest, WarnsOfASeedThatCountsTwice) {
  AddRun("1", "snclr", 1, {70});
  AddRun("2", "snclr", 1, {70});
  const Shown shown = Compare(Options("knn_top1", "method"));
  EXPECT_THAT(shown.notes,
              HasSubstr("runs of snclr repeat a seed: seed 1 (quick/1, "
                        "quick/2)"));
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

TEST_F(CompareTest, ABaselineGivesDifferencesPairedBySeed) {
  // Differences 2, 3, 1 of snclr: mean 2, deviation 1, t(0.95, 2) = 4.30265.
  const std::vector<double> moco = {50, 60, 70};
  const std::vector<double> snclr = {52, 63, 71};
  for (size_t i = 0; i < 3; ++i) {
    AddRun(absl::StrCat("m", i), "moco_v3", i, {moco[i]});
    AddRun(absl::StrCat("s", i), "snclr", i, {snclr[i]});
  }
  CompareOptions options = Options("knn_top1", "");
  options.baseline = "method=moco_v3";
  const Json rows = Compare(options).Rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["is_baseline"], true);
  EXPECT_TRUE(rows[0]["statistics"]["knn_top1"]["difference"].is_null());
  const Json& statistic = rows[1]["statistics"]["knn_top1"];
  EXPECT_EQ(statistic["n"], 3);
  EXPECT_EQ(statistic["mean"], 62.0);
  EXPECT_NEAR(statistic["sd"], 9.5394, 1e-4);
  const Json& difference = statistic["difference"];
  EXPECT_EQ(difference["to"], "moco_v3");
  EXPECT_EQ(difference["test"], "paired");
  EXPECT_NEAR(difference["mean"], 2, 1e-12);
  EXPECT_NEAR(difference["ci_low"], 2 - 4.30265 / std::sqrt(3), 1e-5);
  EXPECT_NEAR(difference["ci_high"], 2 + 4.30265 / std::sqrt(3), 1e-5);
  EXPECT_NEAR(difference["p"], 1 - std::sqrt(12.0 / 14), 1e-12);
  EXPECT_EQ(difference["told_apart"], false);
  options.format = "table";
  EXPECT_THAT(
      Compare(options).out,
      AllOf(HasSubstr(
                "method   n       knn_top1  difference   95 % interval      p"
                "  verdict\n"),
            HasSubstr("+2.00  [-0.48, +4.48]  0.074  not told apart\n"),
            HasSubstr("difference: to moco_v3, with its 95 % interval; by a"
                      " t-test paired by seed\n"),
            HasSubstr("caution: not told apart from seed noise: knn_top1 of"
                      " snclr by n = 3\n")));
  options.confidence = 0.9;
  EXPECT_THAT(Compare(options).out, HasSubstr("0.074  higher\n"));
}

TEST_F(CompareTest, SeveralComparisonsAreCorrectedForTheirNumber) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    const double noise = seed % 2 == 0 ? 0.1 : -0.1;
    AddRun(absl::StrCat("a", seed), "snclr", seed, {50.0});
    AddRun(absl::StrCat("b", seed), "moco_v3", seed, {50.2 + noise});
    AddRun(absl::StrCat("c", seed), "nnclr", seed, {49.9 + noise});
  }
  CompareOptions options = Options("knn_top1,loss", "method");
  options.baseline = "method=snclr";
  const Json rows = Compare(options).Rows();
  const Json& moco = rows[0]["statistics"]["knn_top1"]["difference"];
  const Json& nnclr = rows[1]["statistics"]["knn_top1"]["difference"];
  EXPECT_NEAR(moco["p_holm"], 2 * moco["p"].get<double>(), 1e-12);
  EXPECT_NEAR(nnclr["p_holm"], nnclr["p"].get<double>(), 1e-12);
  options.format = "table";
  EXPECT_THAT(Compare(options).out,
              AllOf(HasSubstr("metric    method   n"), HasSubstr("p (Holm)"),
                    HasSubstr("corrected for 2 comparisons")));
}

TEST_F(CompareTest, ABaselineMustBeOneGroup) {
  AddRun("1", "snclr", 1, {70}, RunStatus::kFinished,
         {{"snclr.neighbors", "5"}});
  AddRun("2", "snclr", 1, {71}, RunStatus::kFinished,
         {{"snclr.neighbors", "1"}});
  const auto message = [&](const std::string& baseline,
                           const std::string& group_by) {
    CompareOptions options = Options("knn_top1", group_by);
    options.baseline = baseline;
    const Shown shown = Compare(options);
    EXPECT_TRUE(absl::IsInvalidArgument(shown.status)) << shown.status;
    return std::string(shown.status.message());
  };
  EXPECT_THAT(message("method=snclr", ""),
              HasSubstr("--baseline: 2 groups fit 'method=snclr'; wanted one,"
                        " such as --baseline='snclr.neighbors=1'"));
  EXPECT_THAT(message("method=moco", ""),
              HasSubstr("no group of finished runs fits 'method=moco'; there"
                        " are --baseline='snclr.neighbors=1'"));
  EXPECT_THAT(message("metod=snclr", ""), HasSubstr("did you mean 'method'"));
  EXPECT_THAT(message("snclr", ""), HasSubstr("--baseline: 'snclr' is no"));
  EXPECT_THAT(message("method=snclr", "run"), HasSubstr("--group_by=run"));
}

TEST_F(CompareTest, AnAblationHasARowForEachValueOfEachFactor) {
  const auto add = [&](const std::string& neighbors, const std::string& rows,
                       double top1) {
    for (const uint64_t seed : {1, 2}) {
      AddRun(absl::StrCat(neighbors, "_", rows, "_", seed), "snclr", seed,
             {top1 + static_cast<double>(seed)}, RunStatus::kFinished,
             {{"snclr.neighbors", neighbors}, {"snclr.bank.rows", rows}});
    }
  };
  add("5", "2048", 70);
  add("1", "2048", 60);
  add("30", "2048", 65);
  add("5", "512", 68);
  add("1", "512", 10);  // two factors at once
  CompareOptions options = Options("knn_top1", "", "table");
  options.ablation = true;
  const Shown ambiguous = Compare(options);
  EXPECT_TRUE(absl::IsInvalidArgument(ambiguous.status));
  EXPECT_THAT(std::string(ambiguous.status.message()),
              HasSubstr("which spec do the others vary? Name it:"));
  options.baseline = "snclr.neighbors=5,snclr.bank.rows=2048";
  const Shown shown = Compare(options);
  ASSERT_OK(shown.status);
  EXPECT_THAT(
      shown.out,
      AllOf(HasSubstr("factor           value           n      knn_top1"),
            HasSubstr("snclr.bank.rows  512             2  69.50 ± 0.71"),
            HasSubstr("                 2048 (default)  2  71.50 ± 0.71"),
            HasSubstr("snclr.neighbors  1               2  61.50 ± 0.71"),
            HasSubstr("                 5 (default)     2  71.50 ± 0.71"),
            HasSubstr("                 30              2  66.50 ± 0.71"),
            HasSubstr("left out, as they vary several fields at once (1):"
                      " snclr.bank.rows=512, snclr.neighbors=1\n"),
            HasSubstr("no spread")));
  options.format = "json";
  const Json rows = Compare(options).Rows();
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[2]["factor"], "snclr.neighbors");
  EXPECT_EQ(rows[2]["value"], 1);
  EXPECT_EQ(rows[2]["is_baseline"], false);
  EXPECT_EQ(rows[2]["statistics"]["knn_top1"]["difference"]["mean"], -10.0);
  options.format = "csv";
  EXPECT_THAT(Compare(options).out,
              StartsWith("factor,value,is_baseline,n,knn_top1,knn_top1_std"));
}

TEST_F(CompareTest, AnAblationFindsTheSpecThatOthersVary) {
  AddRun("1", "snclr", 1, {70}, RunStatus::kFinished,
         {{"snclr.neighbors", "5"}, {"optimizer.base_lr", "1"}});
  AddRun("2", "snclr", 1, {71}, RunStatus::kFinished,
         {{"snclr.neighbors", "1"}, {"optimizer.base_lr", "1"}});
  AddRun("3", "moco_v3", 1, {72}, RunStatus::kFinished,
         {{"optimizer.base_lr", "1"}});
  AddRun("4", "snclr", 1, {72}, RunStatus::kFinished,
         {{"snclr.neighbors", "5"}, {"optimizer.base_lr", "2"}});
  CompareOptions options = Options("knn_top1,loss", "", "markdown");
  options.ablation = true;
  const Shown shown = Compare(options);
  ASSERT_OK(shown.status);
  EXPECT_THAT(shown.out, AllOf(HasSubstr("| method | moco\\_v3 | 1 |"),
                               HasSubstr("|   | snclr (default) | 1 |"),
                               HasSubstr("|   | 5 (default) | 1 |"),
                               HasSubstr("difference: to snclr, ")));
}

TEST_F(CompareTest, WarnsOfOtherSeedsBudgetsAndData) {
  AddRun("1", "snclr", 1, {70}, RunStatus::kFinished,
         {{"schedule.epochs", "10"}});
  AddRun("2", "moco_v3", 2, {71}, RunStatus::kFinished,
         {{"schedule.epochs", "20"}});
  const std::string seeds =
      "caution: groups have different seeds: 1 (snclr); 2 (moco_v3)\n";
  const std::string budgets =
      "caution: groups have different budgets: schedule.epochs (10, 20)\n";
  EXPECT_THAT(Compare(Options("knn_top1", "method")).notes,
              AllOf(HasSubstr(seeds), HasSubstr(budgets),
                    Not(HasSubstr("differ in more"))));
  EXPECT_THAT(Compare(Options("knn_top1", "")).notes, HasSubstr(budgets));
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

}  // namespace
}  // namespace snclr
