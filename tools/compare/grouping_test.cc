// SPDX-License-Identifier: MIT
#include "tools/compare/grouping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Spec = std::map<std::string, std::string>;

// Runs with these methods and settings, as LoadSettings would give them.
struct Runs {
  std::vector<SelectedRun> runs;
  Settings settings;

  explicit Runs(const std::vector<std::pair<std::string, Spec>>& specs) {
    std::set<std::string> paths;
    for (const auto& [method, spec] : specs) {
      SelectedRun run;
      run.record.method = method;
      runs.push_back(run);
      for (const auto& [path, value] : spec) paths.insert(path);
    }
    settings.texts = {""};
    Add("method", [](const auto& spec) { return spec.first; }, specs);
    for (const std::string& path : paths) {
      Add(
          path,
          [&](const auto& spec) {
            const auto found = spec.second.find(path);
            return found == spec.second.end() ? "" : found->second;
          },
          specs);
    }
  }

  template <typename Get>
  void Add(const std::string& path, const Get& get,
           const std::vector<std::pair<std::string, Spec>>& specs) {
    Setting setting = {path, /*of_spec=*/path != "git_commit", {}};
    for (const auto& spec : specs) {
      const std::string text = get(spec);
      size_t value = 0;
      while (value < settings.texts.size() && settings.texts[value] != text) {
        ++value;
      }
      if (value == settings.texts.size()) settings.texts.push_back(text);
      setting.values.push_back(static_cast<int>(value));
    }
    settings.all.push_back(setting);
  }
};

TEST(GroupBySpecTest, OnlyWhatDiffersBecomesAColumn) {
  const Runs runs({{"snclr", {{"a", "1"}, {"b", "2"}, {"git_commit", "x"}}},
                   {"snclr", {{"a", "1"}, {"b", "3"}, {"git_commit", "y"}}}});
  const Grouping grouping = GroupBySpec(runs.runs, runs.settings);
  EXPECT_THAT(grouping.columns, ElementsAre("b"));
  EXPECT_THAT(grouping.keys, ElementsAre(ElementsAre("2"), ElementsAre("3")));
}

TEST(GroupBySpecTest, OneSpecIsOneGroupOfItsMethod) {
  const Runs runs({{"snclr", {{"a", "1"}}}, {"snclr", {{"a", "1"}}}});
  const Grouping grouping = GroupBySpec(runs.runs, runs.settings);
  EXPECT_THAT(grouping.columns, ElementsAre("method"));
  EXPECT_EQ(grouping.keys[0], grouping.keys[1]);
}

TEST(GroupBySpecTest, AMethodsOwnSettingsCountWhereItsRunsDifferInThem) {
  const Spec moco = {{"moco_v3.temperature", "0.2"}};
  const auto snclr = [](const std::string& neighbors) {
    return Spec{{"snclr.neighbors", neighbors}, {"snclr.temperature", "0.2"}};
  };
  const Runs two({{"moco_v3", moco}, {"snclr", snclr("5")}});
  EXPECT_THAT(GroupBySpec(two.runs, two.settings).columns,
              ElementsAre("method"));
  const Runs three(
      {{"moco_v3", moco}, {"snclr", snclr("5")}, {"snclr", snclr("1")}});
  EXPECT_THAT(GroupBySpec(three.runs, three.settings).columns,
              ElementsAre("method", "snclr.neighbors"));
}

TEST(GroupBySpecTest, FieldsThatOtherRunsLackCountOnce) {
  // One encoder has width and depth, the other stages.
  const Runs runs({{"snclr", {{"vit.width", "96"}, {"vit.depth", "4"}}},
                   {"snclr", {{"resnet.stages", "4"}}}});
  const Grouping grouping = GroupBySpec(runs.runs, runs.settings);
  EXPECT_THAT(grouping.columns, ElementsAre("resnet.stages"));
  EXPECT_THAT(grouping.also_differ, IsEmpty());
}

TEST(GroupBySpecTest, ManyDifferencesAreNamedAsideAndGroupsStayApart) {
  const auto spec = [](const std::string& value, const std::string& last) {
    Spec fields;
    for (char name = 'a'; name < 'i'; ++name) {
      fields[std::string(1, name)] = value;
    }
    fields["z"] = last;
    return fields;
  };
  Runs runs({{"snclr", spec("1", "1")},
             {"snclr", spec("1", "1")},
             {"snclr", spec("2", "1")},
             {"snclr", spec("2", "2")}});
  const Grouping grouping = GroupBySpec(runs.runs, runs.settings, 4);
  EXPECT_THAT(grouping.columns, ElementsAre("a", "b", "c", "z"));
  EXPECT_THAT(grouping.also_differ, ElementsAre("d", "e", "f", "g", "h"));
  const std::set<std::vector<std::string>> groups(grouping.keys.begin(),
                                                  grouping.keys.end());
  EXPECT_THAT(groups, SizeIs(3));
  runs.runs[0].record.name = runs.runs[1].record.name = "first";
  runs.runs[2].record.name = runs.runs[3].record.name = "second";
  EXPECT_THAT(GroupBySpec(runs.runs, runs.settings, 4).columns,
              ElementsAre("name", "z"));
}

}  // namespace
}  // namespace snclr
