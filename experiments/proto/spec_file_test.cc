// SPDX-License-Identifier: MIT
#include "experiments/proto/spec_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace snclr {
namespace {

class SpecFileTest : public testing::Test {
 protected:
  SpecFileTest()
      : folder_(testing::TempDir() + "spec_file_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/base");
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
  }

  // Reads folder_/name into spec_; the problems without the folder's name.
  std::string Read(const std::string& name) {
    Problems problems;
    const absl::Status status =
        ReadSpecFile(folder_ + "/" + name, &spec_, &places_, &problems);
    EXPECT_TRUE(status.ok()) << status;
    return WithoutFolder(problems.status().message());
  }

  std::string WithoutFolder(absl::string_view text) const {
    std::string out(text);
    for (size_t at; (at = out.find(folder_ + "/")) != std::string::npos;) {
      out.erase(at, folder_.size() + 1);
    }
    return out;
  }

  const std::string folder_;
  ExperimentSpec spec_;
  Places places_{"origin"};
};

TEST_F(SpecFileTest, LaysEachFileOverItsBase) {
  Write("base/grandparent.textproto",
        "name: 'g' seed: 1 snclr { neighbors: 30 bank { rows: 9 } }\n"
        "data { procedural { classes: 3 } }");
  Write("base/parent.textproto",
        "base: 'grandparent.textproto' seed: 2\n"
        "snclr { temperature: 0.5 bank { scope: GLOBAL } }");
  Write("child.textproto",
        "base: 'base/parent.textproto'\n"
        "name: 'c'\n"
        "snclr { bank { rows: 7 } }\n"
        "data { image_folder { root: 'r' } }");
  EXPECT_EQ(Read("child.textproto"), "");
  EXPECT_EQ(spec_.name(), "c");
  EXPECT_EQ(spec_.seed(), 2);
  EXPECT_EQ(spec_.snclr().neighbors(), 30);
  EXPECT_EQ(spec_.snclr().temperature(), 0.5);
  EXPECT_EQ(spec_.snclr().bank().rows(), 7);
  EXPECT_EQ(spec_.snclr().bank().scope(), GLOBAL);
  EXPECT_EQ(spec_.data().source_case(), DataSpec::kImageFolder);
  EXPECT_FALSE(spec_.has_base());
  EXPECT_EQ(WithoutFolder(places_.Find("snclr.bank.rows")),
            "child.textproto:3:16");
  EXPECT_EQ(WithoutFolder(places_.Find("seed")), "base/parent.textproto:1:31");
  EXPECT_EQ(WithoutFolder(places_.Find("snclr.neighbors")),
            "base/grandparent.textproto:1:27");
}

TEST_F(SpecFileTest, ListsTheProblemsOfAllFiles) {
  Write("base/parent.textproto", "\nseeed: 2");
  Write("child.textproto", "base: 'base/parent.textproto' nmae: 'x'");
  EXPECT_EQ(
      Read("child.textproto"),
      "child.textproto:1:31: nmae: no such field; did you mean 'name'?\n"
      "base/parent.textproto:2:1: seeed: no such field; did you mean 'seed'?");
}

TEST_F(SpecFileTest, NamesAMissingBaseAndWhoAskedForIt) {
  Write("child.textproto", "name: 'c'\nbase: 'base/none.textproto'");
  EXPECT_EQ(Read("child.textproto"),
            "child.textproto:2:1: base: base/none.textproto: no such file");
  Write("folder.textproto", "base: 'base'");
  EXPECT_EQ(Read("folder.textproto"),
            "folder.textproto:1:1: base: base: a folder, no spec file");
}

TEST_F(SpecFileTest, RefusesACircleNamingItsChain) {
  Write("a.textproto", "base: 'base/b.textproto'");
  Write("base/b.textproto", "seed: 1\nbase: '../base/../a.textproto'");
  EXPECT_EQ(Read("a.textproto"),
            "base/b.textproto:2:1: base: a circle: a.textproto -> "
            "base/b.textproto -> a.textproto");
  Write("self.textproto", "base: 'self.textproto'");
  EXPECT_EQ(
      Read("self.textproto"),
      "self.textproto:1:1: base: a circle: self.textproto -> self.textproto");
}

TEST_F(SpecFileTest, ReadsABaseFromTheWorkingDirectory) {
  Write("b.textproto", "seed: 5");
  Write("a.textproto", "base: 'b.textproto'");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  Problems problems;
  const absl::Status status =
      ReadSpecFile("a.textproto", &spec_, &places_, &problems);
  std::filesystem::current_path(before);
  EXPECT_TRUE(status.ok() && problems.empty()) << status << problems.status();
  EXPECT_EQ(spec_.seed(), 5);
  EXPECT_EQ(places_.Find("seed"), "b.textproto:1:1");
}

TEST_F(SpecFileTest, AMissingFileIsNotFound) {
  Problems problems;
  EXPECT_EQ(ReadSpecFile("none.textproto", &spec_, &places_, &problems),
            absl::NotFoundError("none.textproto: no such file"));
}

}  // namespace
}  // namespace snclr
