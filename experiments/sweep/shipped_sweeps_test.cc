// SPDX-License-Identifier: MIT
// Every sweep that ships can be run. The files are those that the BUILD file of
// the specs lists.
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "experiments/proto/spec.h"
#include "experiments/sweep/sweep_testing.h"
#include "experiments/sweep/trials.h"

namespace snclr {
namespace {

constexpr char kFolder[] = "experiments/specs/ablations";

std::vector<std::string> Sweeps() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(ShippedSweepsTest, EachHasThreeSeedsOfDistinctConfigurations) {
  ASSERT_FALSE(Sweeps().empty());
  for (const std::string& path : Sweeps()) {
    SCOPED_TRACE(path);
    const auto file = ReadSweepFile(path);
    ASSERT_TRUE(file.ok()) << file.status();
    const auto list = MakeTrials(*file, {});
    ASSERT_TRUE(list.ok()) << list.status();
    EXPECT_TRUE(list->notes.empty()) << list->notes[0];
    std::map<int, std::set<uint64_t>> seeds;
    for (const Trial& trial : list->trials) {
      seeds[trial.configuration].insert(trial.seed);
    }
    EXPECT_GE(seeds.size(), 2u);
    for (const auto& [configuration, of_one] : seeds) {
      EXPECT_EQ(of_one, (std::set<uint64_t>{1, 2, 3}));
    }
  }
}

// A sweep's runs are found by its name; protobuf's own tools can read it.
TEST(ShippedSweepsTest, EachIsTextFormatAndNamedAfterItsFile) {
  for (const std::string& path : Sweeps()) {
    SCOPED_TRACE(path);
    const std::string text = ReadText(path);
    SweepSpec spec;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
    EXPECT_EQ(spec.name(), std::filesystem::path(path).stem());
    EXPECT_EQ(text.rfind("# proto-file: experiments/proto/sweep.proto\n"
                         "# proto-message: SweepSpec\n",
                         0),
              0u);
  }
}

TEST(ShippedSweepsTest, TheMethodsDifferInTheMethodAlone) {
  const auto file = ReadSweepFile(std::string(kFolder) + "/methods.textproto");
  ASSERT_TRUE(file.ok()) << file.status();
  const auto list = MakeTrials(*file, {});
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->trials.size(), 9u);
  std::set<std::string> methods;
  for (size_t i = 0; i < list->trials.size(); ++i) {
    const ExperimentSpec& spec = list->trials[i].spec;
    methods.insert(MethodName(spec));
    for (const std::string& difference :
         DiffSpecs(list->trials[i % 3].spec, spec)) {
      EXPECT_TRUE(difference.rfind("snclr", 0) == 0 ||
                  difference.rfind("moco_v3", 0) == 0 ||
                  difference.rfind("nnclr", 0) == 0)
          << difference;
    }
  }
  EXPECT_EQ(methods, (std::set<std::string>{"moco_v3", "nnclr", "snclr"}));
}

// What is swept is all that differs.
TEST(ShippedSweepsTest, TrialsOfOneSeedDifferInTheirAxisAlone) {
  for (const std::string& path : Sweeps()) {
    SCOPED_TRACE(path);
    const auto file = ReadSweepFile(path);
    ASSERT_TRUE(file.ok()) << file.status();
    if (file->spec.axes(0).path().empty()) continue;  // whole specs
    const auto list = MakeTrials(*file, {});
    ASSERT_TRUE(list.ok()) << list.status();
    for (size_t i = 3; i < list->trials.size(); i += 3) {
      const auto differences =
          DiffSpecs(list->trials[0].spec, list->trials[i].spec);
      ASSERT_EQ(differences.size(), 1u);
      EXPECT_EQ(differences[0].rfind(file->spec.axes(0).path() + ": ", 0), 0u)
          << differences[0];
    }
  }
}

}  // namespace
}  // namespace snclr
