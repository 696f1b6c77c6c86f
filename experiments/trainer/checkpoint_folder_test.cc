// SPDX-License-Identifier: MIT
#include "experiments/trainer/checkpoint_folder.h"

#include <ATen/ops/full.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

std::string NewFolder(const std::string& name) {
  const std::string folder = testing::TempDir() + "/checkpoint_folder_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

Checkpoint Example(int64_t step) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  EXPECT_TRUE(
      checkpoint.Add({{"weight", at::full({100}, step, at::kFloat)}}).ok());
  return checkpoint;
}

void Damage(const std::string& path) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(-3, std::ios::end);
  file.put('!');
}

std::string Path(const std::string& folder, const std::string& digits) {
  return folder + "/checkpoint-" + digits + ".safetensors";
}

TEST(CheckpointFolderTest, KeepsTheNewestAndListsThemNewestFirst) {
  const std::string folder = NewFolder("keep");
  for (const int64_t step : {5, 10, 15, 20}) {
    ASSERT_TRUE(AddCheckpoint(Example(step), folder, /*keep=*/2).ok());
  }
  const std::vector<std::string> wanted = {Path(folder, "00000020"),
                                           Path(folder, "00000015")};
  EXPECT_EQ(ListCheckpoints(folder), wanted);
}

TEST(CheckpointFolderTest, AStepOfMoreDigitsIsNewer) {
  const std::string folder = NewFolder("digits");
  for (const int64_t step : {99999999, 100000000}) {
    ASSERT_TRUE(AddCheckpoint(Example(step), folder, 2).ok());
  }
  EXPECT_EQ(ListCheckpoints(folder).front(), Path(folder, "100000000"));
}

TEST(CheckpointFolderTest, OtherFilesAreNeitherListedNorRemoved) {
  const std::string folder = NewFolder("others");
  for (const char* name : {"checkpoint-best.safetensors", "notes.txt",
                           "checkpoint-00000001.safetensors.bak"}) {
    std::ofstream(folder + "/" + name) << "mine";
  }
  for (const int64_t step : {1, 2, 3}) {
    ASSERT_TRUE(AddCheckpoint(Example(step), folder, 1).ok());
  }
  EXPECT_EQ(ListCheckpoints(folder).size(), 1u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 4);
}

TEST(CheckpointFolderTest, ADamagedNewestIsNamedAndTheOneBeforeItUsed) {
  const std::string folder = NewFolder("damaged");
  for (const int64_t step : {5, 10}) {
    ASSERT_TRUE(AddCheckpoint(Example(step), folder, 2).ok());
  }
  Damage(Path(folder, "00000010"));
  std::vector<std::string> damaged;
  const auto newest = ReadNewestCheckpoint(folder, &damaged);
  ASSERT_TRUE(newest.ok()) << newest.status();
  EXPECT_EQ(newest->step, 5);
  ASSERT_EQ(damaged.size(), 1u);
  EXPECT_TRUE(absl::StrContains(damaged[0], Path(folder, "00000010")));
}

// Else the run would begin anew and remove what only could not be read today.
TEST(CheckpointFolderTest, OneThatCannotBeOpenedIsAnErrorAndNoMissingOne) {
  const std::string folder = NewFolder("unreadable");
  ASSERT_TRUE(AddCheckpoint(Example(5), folder, 2).ok());
  const std::string loop = Path(folder, "00000010");
  std::filesystem::create_symlink(loop, loop);
  std::vector<std::string> damaged;
  const absl::Status status = ReadNewestCheckpoint(folder, &damaged).status();
  EXPECT_FALSE(status.ok());
  EXPECT_FALSE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), loop)) << status;
}

TEST(CheckpointFolderTest, ADamagedNewestTakesNoPlaceOfAGoodOne) {
  const std::string folder = NewFolder("damaged_place");
  for (const int64_t step : {50, 100}) {
    ASSERT_TRUE(AddCheckpoint(Example(step), folder, 2).ok());
  }
  Damage(Path(folder, "00000100"));
  // The run goes on after step 50.
  ASSERT_TRUE(AddCheckpoint(Example(60), folder, 2).ok());
  const std::vector<std::string> wanted = {Path(folder, "00000060"),
                                           Path(folder, "00000050")};
  EXPECT_EQ(ListCheckpoints(folder), wanted);
  EXPECT_TRUE(std::filesystem::exists(Path(folder, "00000100") + ".damaged"));
}

TEST(CheckpointFolderTest, NoneAndNoneUndamagedAreDifferentErrors) {
  const std::string folder = NewFolder("none");
  std::vector<std::string> damaged;
  EXPECT_TRUE(
      absl::IsNotFound(ReadNewestCheckpoint(folder, &damaged).status()));
  ASSERT_TRUE(AddCheckpoint(Example(5), folder, 2).ok());
  Damage(Path(folder, "00000005"));
  EXPECT_TRUE(
      absl::IsDataLoss(ReadNewestCheckpoint(folder, &damaged).status()));
}

TEST(CheckpointFolderTest, ReadsAFileOrTheNewestOfARun) {
  const std::string folder = NewFolder("either");
  for (const int64_t step : {5, 10}) {
    ASSERT_TRUE(AddCheckpoint(Example(step), folder, 2).ok());
  }
  std::vector<std::string> damaged;
  EXPECT_EQ(ReadFileOrRun(folder, &damaged)->step, 10);
  EXPECT_EQ(ReadFileOrRun(Path(folder, "00000005"), &damaged)->step, 5);
  EXPECT_TRUE(
      absl::IsNotFound(ReadFileOrRun(folder + "/x", &damaged).status()));
}

TEST(CheckpointFolderTest, OrphansOfKilledWritersAreRemoved) {
  const std::string folder = NewFolder("orphans");
  ASSERT_TRUE(AddCheckpoint(Example(5), folder, 2).ok());
  std::ofstream(Path(folder, "00000010") + ".4711.partial") << "half";
  std::ofstream(folder + "/mine.partial") << "not a checkpoint's";
  RemoveOrphans(folder);
  EXPECT_FALSE(
      std::filesystem::exists(Path(folder, "00000010") + ".4711.partial"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/mine.partial"));
  EXPECT_EQ(ListCheckpoints(folder).size(), 1u);
}

}  // namespace
}  // namespace snclr
