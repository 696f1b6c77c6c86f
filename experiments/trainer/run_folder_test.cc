// SPDX-License-Identifier: MIT
#include "experiments/trainer/run_folder.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

ExperimentSpec Spec(uint64_t seed = 1) {
  ExperimentSpec spec;
  spec.set_name("demo");
  spec.set_seed(seed);
  spec.mutable_snclr()->set_neighbors(5);
  return spec;
}

class RunFolderTest : public testing::Test {
 protected:
  RunFolderTest()
      : out_(testing::TempDir() + "/runs_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(out_);
  }

  // Opens, and lets go again at once.
  std::string Run(const std::string& resume,
                  const ExperimentSpec& spec = Spec()) {
    auto folder = RunFolder::Open(spec, out_, resume);
    EXPECT_TRUE(folder.ok()) << folder.status();
    return folder.ok() ? folder->run() : "";
  }

  absl::Status Error(const std::string& resume,
                     const ExperimentSpec& spec = Spec()) {
    return RunFolder::Open(spec, out_, resume).status();
  }

  void End(const std::string& resume, RunEnd::Kind kind) {
    auto folder = RunFolder::Open(Spec(), out_, resume);
    ASSERT_TRUE(folder.ok()) << folder.status();
    ASSERT_TRUE(folder->MarkEnded({kind, 10, "for a test"}).ok());
  }

  const std::string out_;
};

TEST_F(RunFolderTest, IdsCountUpAndTheSpecIsKept) {
  EXPECT_EQ(Run("never"), "demo/001");
  EXPECT_EQ(Run("never"), "demo/002");
  std::filesystem::create_directory(out_ + "/demo/999");
  EXPECT_EQ(Run("never"), "demo/1000");
  EXPECT_TRUE(std::filesystem::exists(out_ + "/demo/001/spec.textproto"));
}

TEST_F(RunFolderTest, AutoContinuesTheNewestUnfinishedRunOfTheSameSpec) {
  EXPECT_EQ(Run("auto"), "demo/001");
  EXPECT_EQ(Run("auto"), "demo/001");
  EXPECT_EQ(Run("auto", Spec(/*seed=*/2)), "demo/002");
  EXPECT_EQ(Run("auto"), "demo/001");
  EXPECT_EQ(Run("never"), "demo/003");
  EXPECT_EQ(Run("auto"), "demo/003");
  End("003", RunEnd::Kind::kFinished);
  EXPECT_EQ(Run("auto"), "demo/001");
  End("001", RunEnd::Kind::kStopped);
  EXPECT_EQ(Run("auto"), "demo/001");
  End("001", RunEnd::Kind::kFailed);
  EXPECT_EQ(Run("auto"), "demo/001");
  End("001", RunEnd::Kind::kFinished);
  EXPECT_EQ(Run("auto"), "demo/004");
}

TEST_F(RunFolderTest, WhatOnlyWatchesARunDoesNotMakeItAnother) {
  EXPECT_EQ(Run("auto"), "demo/001");
  ExperimentSpec spec = Spec();
  spec.set_question("does it?");
  EXPECT_EQ(Run("auto", spec), "demo/001");
}

// The same spec and seed twice is one result, not two.
TEST_F(RunFolderTest, ARunThatIsTrainedIsNotTrainedTwice) {
  const auto held = RunFolder::Open(Spec(), out_, "auto");
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_FALSE(held->resumed());
  for (const char* resume : {"auto", "001"}) {
    const absl::Status status = Error(resume);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << resume;
    EXPECT_TRUE(absl::StrContains(status.message(), "demo/001")) << status;
  }
  EXPECT_EQ(Run("never"), "demo/002");
}

TEST_F(RunFolderTest, ASpecOfBeforeAFieldWasAddedIsTheSame) {
  Run("never");
  const std::string path = out_ + "/demo/001/spec.textproto";
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const size_t field = text.find("temperature: ");
  ASSERT_NE(field, std::string::npos);
  text.erase(field, text.find('\n', field) - field);
  std::ofstream(path) << text;
  EXPECT_EQ(Run("auto"), "demo/001");
}

TEST_F(RunFolderTest, ANamedRunIsFoundByIdNameOrPath) {
  Run("never");
  Run("never");
  EXPECT_EQ(Run("001"), "demo/001");
  EXPECT_EQ(Run("demo/001"), "demo/001");
  EXPECT_EQ(Run(out_ + "/demo/001"), "demo/001");
  EXPECT_TRUE(absl::IsNotFound(Error("007")));
}

TEST_F(RunFolderTest, ANamedRunOfAnotherSpecIsRefusedWithTheFields) {
  Run("never");
  const absl::Status status = Error("001", Spec(/*seed=*/2));
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_TRUE(absl::StrContains(status.message(), "seed: 1 -> 2")) << status;
}

TEST_F(RunFolderTest, ANamedRunThatIsFinishedIsRefused) {
  Run("never");
  End("001", RunEnd::Kind::kFinished);
  EXPECT_TRUE(absl::IsFailedPrecondition(Error("001")));
}

TEST_F(RunFolderTest, HowARunEndedIsReadBack) {
  End("auto", RunEnd::Kind::kStopped);
  const auto end = ReadRunEnd(out_ + "/demo/001");
  ASSERT_TRUE(end);
  EXPECT_EQ(end->kind, RunEnd::Kind::kStopped);
  EXPECT_EQ(end->step, 10);
  EXPECT_EQ(end->reason, "for a test");
  EXPECT_FALSE(ReadRunEnd(out_));
}

TEST_F(RunFolderTest, AFolderThatWasKilledBeforeItsSpecIsPassedOver) {
  std::filesystem::create_directories(out_ + "/demo/001");
  EXPECT_EQ(Run("auto"), "demo/002");
}

TEST_F(RunFolderTest, AnUnreadableOrForeignSpecIsNotTheSame) {
  Run("never");
  std::ofstream(out_ + "/demo/001/spec.textproto") << "no_such_field: 1";
  EXPECT_EQ(Run("auto"), "demo/002");
  EXPECT_TRUE(absl::IsFailedPrecondition(Error("001")));
}

TEST_F(RunFolderTest, AnOutFolderThatCannotBeMadeIsNamed) {
  std::ofstream(testing::TempDir() + "/a_file") << "";
  const auto folder =
      RunFolder::Open(Spec(), testing::TempDir() + "/a_file", "auto");
  EXPECT_TRUE(absl::IsPermissionDenied(folder.status()));
  EXPECT_TRUE(absl::StrContains(folder.status().message(), "/a_file/demo"));
}

}  // namespace
}  // namespace snclr
