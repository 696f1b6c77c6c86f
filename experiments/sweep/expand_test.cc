// SPDX-License-Identifier: MIT
#include "experiments/sweep/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Text(const TrialRecipe& recipe) {
  std::string text;
  for (const PlacedAssignment& assignment : recipe.assignments) {
    if (assignment.text.rfind("name=", 0) == 0) continue;
    if (assignment.text.rfind("question=", 0) == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : " ", assignment.text);
  }
  return text;
}

class ExpandTest : public testing::Test {
 protected:
  std::vector<TrialRecipe> Recipes(const std::string& text,
                                   const std::vector<std::string>& set = {}) {
    path_ = WriteSweep(TestFolder(),
                       absl::StrCat("name: \"n\" question: \"a = b?\" base: "
                                    "\"tiny.textproto\"\n",
                                    text));
    const auto file = ReadSweepFile(path_);
    EXPECT_TRUE(file.ok()) << file.status();
    auto recipes = Expand(*file, set);
    status_ = recipes.status();
    return recipes.ok() ? *recipes : std::vector<TrialRecipe>();
  }

  std::vector<std::string> Texts(const std::string& text,
                                 const std::vector<std::string>& set = {}) {
    std::vector<std::string> texts;
    for (const auto& recipe : Recipes(text, set)) texts.push_back(Text(recipe));
    return texts;
  }

  std::string path_;
  absl::Status status_;
};

TEST_F(ExpandTest, CrossesAxesAndSeedsTheLastOneFastest) {
  EXPECT_THAT(Texts("set: \"schedule.epochs=2\" seeds: 2\n"
                    "axes { path: \"a\" values: [\"1\", \"2\"] }\n"
                    "axes { path: \"b.c\" values: [\"X\", \"Y\"] }"),
              ElementsAre("schedule.epochs=2 a=1 b.c=X seed=1",
                          "schedule.epochs=2 a=1 b.c=X seed=2",
                          "schedule.epochs=2 a=1 b.c=Y seed=1",
                          "schedule.epochs=2 a=1 b.c=Y seed=2",
                          "schedule.epochs=2 a=2 b.c=X seed=1",
                          "schedule.epochs=2 a=2 b.c=X seed=2",
                          "schedule.epochs=2 a=2 b.c=Y seed=1",
                          "schedule.epochs=2 a=2 b.c=Y seed=2"));
}

TEST_F(ExpandTest, TrialsOfOneConfigurationDifferInTheSeedOnly) {
  std::vector<int> configurations;
  for (const TrialRecipe& recipe :
       Recipes("seed_values: [7, 5] axes { path: \"a\" values: [\"1\", \"2\"] "
               "}")) {
    configurations.push_back(recipe.configuration);
  }
  EXPECT_THAT(configurations, ElementsAre(0, 0, 1, 1));
}

TEST_F(ExpandTest, VariantsVaryTogetherAndMayHaveASpecOfTheirOwn) {
  const auto recipes = Recipes(
      "axes { name: \"size\" variants { name: \"big\" set: \"a=1\" set: "
      "\"b=2\" }\n variants { spec: \"../other.textproto\" } }");
  ASSERT_EQ(recipes.size(), 2u);
  EXPECT_EQ(Text(recipes[0]), "a=1 b=2");
  const std::string folder =
      std::filesystem::path(path_).parent_path().string();
  EXPECT_EQ(recipes[0].spec_file, folder + "/tiny.textproto");
  EXPECT_EQ(recipes[1].spec_file,
            std::filesystem::path(folder).parent_path().string() +
                "/other.textproto");
  EXPECT_EQ(recipes[1].spec_place, path_ + ":3:13");
  EXPECT_EQ(recipes[0].labels[0].first, "size");
  EXPECT_EQ(recipes[0].labels[0].second, "big");
  EXPECT_EQ(recipes[1].labels[0].second, "other");
}

TEST_F(ExpandTest, ListedTrialsStandBesideTheCombinations) {
  EXPECT_THAT(Texts("axes { path: \"a\" values: [\"1\", \"2\"] }\n"
                    "trials { name: \"paper\" set: \"a=9\" set: \"b=8\" }"),
              ElementsAre("a=1", "a=2", "a=9 b=8"));
  EXPECT_THAT(Texts("trials { set: \"a=9\" } seeds: 2"),
              ElementsAre("a=9 seed=1", "a=9 seed=2"));
  EXPECT_THAT(Texts("seeds: 3"), ElementsAre("seed=1", "seed=2", "seed=3"));
}

TEST_F(ExpandTest, DrawsAreTheSameEachTimeAndMoreOfThemTheSameAndMore) {
  constexpr char kDraws[] =
      "{ path: \"a\" uniform { min: 0 max: 1 } } draws { path: \"b\" whole { "
      "min: 1 max: 9 } } }";
  const auto three = Texts(absl::StrCat("random { count: 3 draws ", kDraws));
  const auto five = Texts(absl::StrCat("random { count: 5 draws ", kDraws));
  ASSERT_EQ(five.size(), 5u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(three[i], five[i]);
  EXPECT_NE(three[0], three[1]);
  EXPECT_NE(Texts(absl::StrCat("random { seed: 2 count: 3 draws ", kDraws)),
            three);
}

TEST_F(ExpandTest, FlagsComeLastAndMayNotTouchAnAxis) {
  EXPECT_THAT(Texts("axes { path: \"a\" values: \"1\" }", {"b=2"}),
              ElementsAre("a=1 b=2"));
  Recipes("axes { path: \"a\" values: \"1\" }", {"a=2"});
  EXPECT_THAT(std::string(status_.message()),
              HasSubstr("--set=a=2: the sweep varies this field"));
}

TEST_F(ExpandTest, AFlagMayRenameTheSweep) {
  Recipes("seeds: 1");
  const auto file = ReadSweepFile(path_);
  EXPECT_EQ(SweepName(*file, {}), "n");
  EXPECT_EQ(SweepName(*file, {"a=1", "name=longer"}), "longer");
}

}  // namespace
}  // namespace snclr
