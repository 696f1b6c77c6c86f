// SPDX-License-Identifier: MIT
#include "tools/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "tools/compare/compare_testing.h"

namespace snclr {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using ComparisonTest = CompareTest;

TEST_F(ComparisonTest, WarnsOfRunsInAGroupThatDifferInMoreThanTheSeed) {
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

TEST_F(ComparisonTest, WarnsOfGroupsThatDifferInMoreThanTheComparedField) {
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

TEST_F(ComparisonTest, WarnsOfASeedThatCountsTwice) {
  AddRun("1", "snclr", 1, {70});
  AddRun("2", "snclr", 1, {70});
  const Shown shown = Compare(Options("knn_top1", "method"));
  EXPECT_THAT(shown.notes,
              HasSubstr("runs of snclr repeat a seed: seed 1 (quick/1, "
                        "quick/2)"));
}

TEST_F(ComparisonTest, ABaselineGivesDifferencesPairedBySeed) {
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
            HasSubstr("caution: the difference is not told apart from seed"
                      " noise by n = 3\n")));
  options.confidence = 0.9;
  EXPECT_THAT(Compare(options).out, HasSubstr("0.074  higher\n"));
}

TEST_F(ComparisonTest, SeveralComparisonsAreCorrectedForTheirNumber) {
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
                    HasSubstr("corrected for the 2 comparisons in each metric"),
                    HasSubstr("caution: 4 of 4 differences are not told")));
}

TEST_F(ComparisonTest, ABaselineMustBeOneGroup) {
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

TEST_F(ComparisonTest, AnAblationHasARowForEachValueOfEachFactor) {
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
  add("7", "100", 66);  // which are not varied alone
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
      AllOf(ContainsRegex("factor +value +n      knn_top1"),
            ContainsRegex("\nsnclr.bank.rows +512 +2  69.50 ± 0.71"),
            ContainsRegex("\n +2048 .default. +2  71.50 ± 0.71"),
            ContainsRegex("\nsnclr.neighbors +1 +2  61.50 ± 0.71"),
            ContainsRegex("\n +5 .default. +2  71.50 ± 0.71"),
            ContainsRegex("\n +30 +2  66.50 ± 0.71"),
            HasSubstr("snclr.bank.rows + snclr.neighbors  100 + 7"),
            HasSubstr("2048 + 5 (default)  2  71.50"),
            HasSubstr("left out, as they vary several fields at once (1):"
                      " rows=512, neighbors=1\n"),
            HasSubstr("no spread")));
  options.format = "json";
  const Json rows = Compare(options).Rows();
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows[2]["factor"], "snclr.bank.rows + snclr.neighbors");
  EXPECT_EQ(rows[4]["factor"], "snclr.neighbors");
  EXPECT_EQ(rows[4]["value"], 1);
  EXPECT_EQ(rows[4]["is_baseline"], false);
  EXPECT_EQ(rows[4]["statistics"]["knn_top1"]["difference"]["mean"], -10.0);
  options.format = "csv";
  EXPECT_THAT(Compare(options).out,
              StartsWith("factor,value,is_baseline,n,knn_top1,knn_top1_std"));
}

TEST_F(ComparisonTest, AnAblationFindsTheSpecThatOthersVary) {
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

TEST_F(ComparisonTest, WarnsOfOtherSeedsBudgetsAndData) {
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

TEST_F(ComparisonTest, LabelsAreShortWhereThatTellsGroupsApart) {
  Comparison comparison;
  comparison.columns = {"method", "view1.blur", "view2.blur", "a.b", "c"};
  Group group;
  group.keys = {"snclr", "1", "2", "3", ""};
  EXPECT_EQ(GroupLabel(comparison, group),
            "snclr, view1.blur=1, view2.blur=2, b=3, c=unset");
}

}  // namespace
}  // namespace snclr
