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
  const Shown shown = Compare(Options("knn_top1,loss", ""));
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
      "method   n      knn_top1  left out\n"
      "-------  -  ------------  -------------\n"
      "moco_v3  1         60.00\n"
      "snclr    2  72.00 ± 2.83  1 interrupted\n"
      "\n"
      "shown: the last knn_top1 of each run; mean ± sample standard deviation"
      " over the n runs of a group\n"
      "n = 1: a single run has no deviation\n"
      "left out, as not finished: quick/3; a condition on status in --where"
      " counts what it selects\n");
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
  EXPECT_THAT(split.notes, Not(HasSubstr("caution")));
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
    CompareOptions options = Options("knn_top1,loss", "");
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
  CompareOptions options = Options("knn_top1", "");
  options.where = {"method=snclr, optimizer.base_lr>5e-4", "name=qui*"};
  const Json rows = Compare(options).Rows();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["run"], "quick/2");
}

TEST_F(CompareTest, CsvKeepsEveryDigit) {
  AddRun("1", "snclr", 1, {0.1 + 0.2});
  AddRun("2", "snclr", 2, {1e-20});
  const Shown shown = Compare(Options("knn_top1", "", "csv"));
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

}  // namespace
}  // namespace snclr
