// SPDX-License-Identifier: MIT
#include "snclr/core/base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace snclr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest()
      : folder_(testing::TempDir() + "/atomic_file_" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }

  static std::string Read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  // Runs `body` in a process of its own, which may be killed or limited.
  template <typename Body>
  static int InChild(Body body) {
    const pid_t child = fork();
    if (child == 0) _exit(body());
    int status = 0;
    waitpid(child, &status, 0);
    return status;
  }

  const std::string folder_;
};

TEST_F(AtomicFileTest, WritesThePiecesInOrder) {
  const std::string head = "head ", empty, tail("t\0il", 4);
  ASSERT_TRUE(WriteFileAtomically(Path("a"), {head, empty, tail}).ok());
  EXPECT_EQ(Read(Path("a")), std::string("head t\0il", 9));
  EXPECT_THAT(Files(), ElementsAre("a"));
}

TEST_F(AtomicFileTest, ReplacesAnOlderFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "a long old text").ok());
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "new").ok());
  EXPECT_EQ(Read(Path("a")), "new");
}

TEST_F(AtomicFileTest, WritesInTheWorkingDirectory) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  const absl::Status status = WriteFileAtomically("a", "text");
  std::filesystem::current_path(before);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read(Path("a")), "text");
}

TEST_F(AtomicFileTest, HasTheWholeNewFileBesideTheOldOneBeforeTheRename) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "old").ok());
  const std::string text = "new";
  const auto status = WriteFileAtomically(Path("a"), {text}, [this] {
    EXPECT_EQ(Read(Path("a")), "old");
    const std::string partial =
        Path("a.") + std::to_string(getpid()) + kPartialSuffix;
    EXPECT_EQ(Read(partial), "new");
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Read(Path("a")), "new");
}

TEST_F(AtomicFileTest, AProcessKilledBeforeTheRenameLeavesTheOldFile) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "old").ok());
  const int status = InChild([this] {
    const std::string text = "new";
    (void)WriteFileAtomically(Path("a"), {text}, [] { raise(SIGKILL); });
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(Read(Path("a")), "old");
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "newer").ok());
  EXPECT_EQ(Read(Path("a")), "newer");
}

// What a write that runs out of space must leave behind; 0 if it does.
int WriteWhereItDoesNotFit(const std::string& path, const std::string& wanted) {
  const std::string small(1000, 's'), large(1 << 20, 'l');
  const absl::Status status = WriteFileAtomically(path, {small, large});
  if (status.code() != absl::StatusCode::kResourceExhausted) return 10;
  if (status.message() != path + ": writing: " + wanted) return 11;
  const std::filesystem::path folder =
      std::filesystem::path(path).parent_path();
  const auto files = std::filesystem::directory_iterator(folder);
  if (std::distance(begin(files), end(files)) != 1) return 12;
  std::ifstream stream(path);
  std::string text;
  std::getline(stream, text);
  return text == "old" ? 0 : 13;
}

TEST_F(AtomicFileTest, AFileTooLargeLeavesTheOldFileAlone) {
  ASSERT_TRUE(WriteFileAtomically(Path("a"), "old").ok());
  const int status = InChild([this] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {100000, 100000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    return WriteWhereItDoesNotFit(Path("a"),
                                  "larger than the limit for a file");
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// Also without privileges, where the system lets users make namespaces.
bool BecomeRootOfAnOwnMountTable() {
  const std::string user = std::to_string(getuid());
  if (unshare(CLONE_NEWNS) == 0) return true;
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream map("/proc/self/uid_map");
  map << "0 " << user << " 1" << std::endl;
  return map.good();
}

TEST_F(AtomicFileTest, AFullDiskLeavesTheOldFileAlone) {
  constexpr int kNotAllowed = 77;
  const int status = InChild([this] {
    // A file system of 64 KiB that this process alone sees.
    if (!BecomeRootOfAnOwnMountTable()) return kNotAllowed;
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", folder_.c_str(), "tmpfs", 0, "size=64k") != 0) {
      return kNotAllowed;
    }
    if (!WriteFileAtomically(Path("a"), "old").ok()) return 1;
    return WriteWhereItDoesNotFit(Path("a"), "the disk is full");
  });
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotAllowed) {
    GTEST_SKIP() << "may not mount a small file system here";
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(AtomicFileTest, NamesAMissingFolder) {
  const auto status = WriteFileAtomically(Path("none/a"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("none/a: making its temporary file: the folder is missing"));
}

TEST_F(AtomicFileTest, AFolderOfThatNameIsNotReplaced) {
  std::filesystem::create_directories(Path("a/b"));
  EXPECT_EQ(WriteFileAtomically(Path("a"), "x").code(),
            absl::StatusCode::kInternal);
  EXPECT_THAT(Files(), ElementsAre("a"));
}

}  // namespace
}  // namespace snclr
