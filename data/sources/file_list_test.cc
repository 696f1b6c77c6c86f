// SPDX-License-Identifier: MIT
#include "data/sources/file_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "data/testing/test_images.h"

namespace snclr {
namespace {

// Paths below `root`.
std::vector<std::string> Paths(const FileList& files, const std::string& root) {
  std::vector<std::string> paths;
  for (int64_t i = 0; i < files.size(); ++i) {
    paths.push_back(files.path(i).substr(root.size() + 1));
  }
  return paths;
}

TEST(FileListTest, FindsImagesByExtensionInByteOrder) {
  const std::string root = MakeTestFolder("file_list_order");
  for (const char* name :
       {"b.png", "a.JPG", "B.jpeg", "c.txt", ".hidden.jpg", "d.jpg.bak",
        "sub/z.jpg", "sub/deeper/y.jpg", "another/x.Png", ".git/w.jpg"}) {
    WriteTestFile(root + "/" + name, "x");
  }
  FileList files;
  ASSERT_TRUE(files.AddFolder(root, 3, /*nested=*/true).ok());
  EXPECT_EQ(
      Paths(files, root),
      std::vector<std::string>({"B.jpeg", "a.JPG", "b.png", "another/x.Png",
                                "sub/z.jpg", "sub/deeper/y.jpg"}));
  EXPECT_EQ(files.label(5), 3);
  EXPECT_EQ(files.other_files(), 2);
  EXPECT_TRUE(absl::StartsWith(files.other_example(), root));

  FileList flat;
  ASSERT_TRUE(flat.AddFolder(root, 0, /*nested=*/false).ok());
  EXPECT_EQ(flat.size(), 3);
}

TEST(FileListTest, KnownNamesAreTheFolderThatHasThem) {
  const std::string root = MakeTestFolder("file_list_names");
  const std::vector<std::string> names = {"b.jpg", "notes.txt", "a.png"};
  for (const std::string& name : names) {
    WriteTestFile(root + "/" + name, "x");
  }
  FileList listed, known;
  ASSERT_TRUE(listed.AddFolder(root, 3, /*nested=*/false).ok());
  known.AddNames(root, 3, names);
  EXPECT_EQ(Paths(known, root), Paths(listed, root));
  EXPECT_EQ(known.label(1), 3);
  EXPECT_EQ(known.other_files(), 1);
  EXPECT_EQ(known.other_example(), listed.other_example());
}

// What orders names quickly must order them as their bytes do.
TEST(FileListTest, NamesAreSortedByTheirBytes) {
  const std::vector<std::string> names = {
      "a_10.jpg",       "a_9.jpg",         "a_1.jpg",       "a_\xC3\xA9.jpg",
      "a_12345678.jpg", "a_123456789.jpg", "a_1234567.jpg", "a_1234567890.jpg",
      "a_.jpg",         "a_Z.jpg"};
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  FileList files;
  files.AddNames("/f", 0, names);
  EXPECT_EQ(Paths(files, "/f"), sorted);
  FileList one;
  one.AddNames("/f", 0, {"only.jpg"});
  EXPECT_EQ(Paths(one, "/f"), std::vector<std::string>({"only.jpg"}));
}

TEST(FileListTest, KeepsWhatIsAskedFor) {
  const std::string root = MakeTestFolder("file_list_keep");
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) {
    WriteTestFile(root + "/" + name, "x");
  }
  FileList files;
  ASSERT_TRUE(files.AddFolder(root, 0, true).ok());
  files.Keep({true, false, true});
  EXPECT_EQ(Paths(files, root), std::vector<std::string>({"a.jpg", "c.jpg"}));
}

TEST(FileListTest, FollowsLinksAndNamesThoseThatGoInCircles) {
  const std::string root = MakeTestFolder("file_list_links");
  WriteTestFile(root + "/real/a.jpg", "x");
  std::filesystem::create_directory_symlink(root + "/real", root + "/linked");
  FileList files;
  ASSERT_TRUE(files.AddFolder(root, 0, true).ok());
  EXPECT_EQ(files.size(), 2);

  std::filesystem::create_directory_symlink(root, root + "/real/up");
  FileList endless;
  const absl::Status status = endless.AddFolder(root + "/real", 0, true);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/real/up")) << status;
}

TEST(FileListTest, AMissingFolderIsNotFoundByName) {
  FileList files;
  const absl::Status status = files.AddFolder("/no/such/folder", 0, true);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(status.message(), "/no/such/folder"));
}

TEST(HoldsImagesTest, LooksIntoNestedFolders) {
  const std::string root = MakeTestFolder("holds_images");
  WriteTestFile(root + "/a/b/c.png", "x");
  WriteTestFile(root + "/empty/notes.txt", "x");
  EXPECT_TRUE(*HoldsImages(root));
  EXPECT_TRUE(*HoldsImages(root + "/a"));
  EXPECT_FALSE(*HoldsImages(root + "/empty"));
}

}  // namespace
}  // namespace snclr
