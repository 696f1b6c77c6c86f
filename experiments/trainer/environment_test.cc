// SPDX-License-Identifier: MIT
#include "experiments/trainer/environment.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

// A checkout with one commit of file.txt, in a folder whose name a shell would
// trip over.
std::string NewCheckout(const std::string& name) {
  const std::string folder = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/file.txt") << "one\n";
  const std::string git = absl::StrCat(
      "git -C ", ShellQuoted(folder),
      " -c user.name=t -c user.email=t@example.org -c commit.gpgsign=false ");
  const std::string commands = absl::StrCat(
      git, "init -q && ", git, "add . && ", git, "commit -q -m first");
  EXPECT_EQ(std::system(commands.c_str()), 0);
  return folder;
}

TEST(ShellQuotedTest, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(ShellQuoted("runs/a-1.b"), "runs/a-1.b");
  EXPECT_EQ(ShellQuoted(""), "''");
  EXPECT_EQ(ShellQuoted("a b"), "'a b'");
  EXPECT_EQ(ShellQuoted("it's"), "'it'\\''s'");
}

TEST(DescribeEnvironmentTest, NamesHostAndDevice) {
  const Environment environment = DescribeEnvironment("/");
  EXPECT_FALSE(environment.host.empty());
  EXPECT_EQ(environment.device.substr(0, 5), "cpu: ");
}

TEST(DescribeEnvironmentTest, IsEmptyOfGitOutsideACheckout) {
  const Environment environment = DescribeEnvironment("/no/such/folder");
  EXPECT_EQ(environment.git_commit, "");
  EXPECT_EQ(environment.git_diff, "");
}

TEST(DescribeEnvironmentTest, HasTheCommitAndWhatIsNotCommitted) {
  const std::string folder = NewCheckout("a checkout; it's `odd` $HOME");
  const Environment clean = DescribeEnvironment(folder);
  EXPECT_EQ(clean.git_commit.size(), 40u);
  EXPECT_EQ(clean.git_diff, "");
  std::ofstream(folder + "/file.txt") << "two\n";
  const Environment changed = DescribeEnvironment(folder);
  EXPECT_EQ(changed.git_commit, clean.git_commit);
  EXPECT_NE(changed.git_diff.find("-one\n+two"), std::string::npos);
}

TEST(DescribeEnvironmentTest, CutsALongDiffAndSaysSo) {
  const std::string folder = NewCheckout("long");
  std::ofstream(folder + "/file.txt") << std::string(2 * kMaxDiffBytes, 'x');
  const Environment environment = DescribeEnvironment(folder);
  EXPECT_LT(environment.git_diff.size(), kMaxDiffBytes + 100);
  EXPECT_NE(environment.git_diff.find("[cut here"), std::string::npos);
}

}  // namespace
}  // namespace snclr
