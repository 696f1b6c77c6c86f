// SPDX-License-Identifier: MIT
#include "experiments/tracker/run_folder.h"

#include <gtest/gtest.h>

#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

TEST(RunFolderTest, IsNamedByTheRestBelowTheDatabase) {
  const std::string out = TestFolder();
  const std::string db = out + "/tracker.sqlite";
  EXPECT_EQ(StoredRunFolder(db, out + "/quick/1"), "quick/1");
  EXPECT_EQ(StoredRunFolder(db, out + "/./quick/../quick/1/"), "quick/1");
  EXPECT_EQ(AbsoluteRunFolder(db, "quick/1"),
            std::filesystem::canonical(out).string() + "/quick/1");
}

TEST(RunFolderTest, IsAbsoluteElsewhere) {
  const std::string folder = TestFolder();
  const std::string out = std::filesystem::canonical(folder).string() + "/out";
  const std::string db = folder + "/db/tracker.sqlite";
  EXPECT_EQ(StoredRunFolder(db, out + "/quick/1"), out + "/quick/1");
  EXPECT_EQ(AbsoluteRunFolder(db, out + "/quick/1"), out + "/quick/1");
}

TEST(RunFolderTest, IsOneFolderThroughALink) {
  const std::string folder = TestFolder();
  std::filesystem::create_directory(folder + "/real");
  std::filesystem::create_directory_symlink(folder + "/real", folder + "/link");
  const std::string db = folder + "/link/tracker.sqlite";
  EXPECT_EQ(StoredRunFolder(db, folder + "/real/quick/1"), "quick/1");
  EXPECT_EQ(StoredRunFolder(db, folder + "/link/quick/1"), "quick/1");
}

}  // namespace
}  // namespace snclr
