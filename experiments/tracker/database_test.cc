// SPDX-License-Identifier: MIT
#include "experiments/tracker/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The same behaviour in memory and on a disk, reopened.
class DatabaseTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    path_ = OnDisk() ? TestFolder() + "/made/on/the/way.sqlite" : ":memory:";
    Reopen();
    ASSERT_OK(database_->Execute(
        "CREATE TABLE t (i INTEGER, r REAL, s TEXT UNIQUE)"));
  }

  bool OnDisk() const { return GetParam(); }

  void Reopen() {
    if (database_ != nullptr && !OnDisk()) return;
    database_.reset();
    auto opened = Database::Open(path_, OpenMode::kWrite);
    ASSERT_TRUE(opened.ok()) << opened.status();
    database_ = std::make_unique<Database>(*std::move(opened));
  }

  std::string path_;
  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Places, DatabaseTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "OnDisk" : "InMemory";
                         });

TEST_P(DatabaseTest, ReturnsWhatWasBound) {
  const std::string text("Robert'); DROP TABLE t;--\0x", 27);
  {
    ASSERT_OK_AND_ASSIGN(insert,
                         database_->Prepare("INSERT INTO t VALUES (?, ?, ?)"));
    ASSERT_OK(insert.Run(std::numeric_limits<int64_t>::min(), 0.1, text));
    ASSERT_OK(insert.Run(2, std::nan(""), ""));
    ASSERT_OK(
        insert.Run(nullptr, std::numeric_limits<double>::infinity(), nullptr));
  }
  Reopen();
  ASSERT_OK_AND_ASSIGN(select,
                       database_->Prepare("SELECT i, r, s FROM t ORDER BY"
                                          " rowid"));
  select.Query();
  ASSERT_TRUE(select.Next());
  EXPECT_EQ(select.Int(0), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(select.Real(1), 0.1);
  EXPECT_EQ(select.Text(2), text);
  ASSERT_TRUE(select.Next());
  EXPECT_TRUE(select.IsNull(1));
  EXPECT_TRUE(std::isnan(select.Real(1)));
  EXPECT_FALSE(select.IsNull(2));
  ASSERT_TRUE(select.Next());
  EXPECT_TRUE(select.IsNull(0));
  EXPECT_EQ(select.Real(1), std::numeric_limits<double>::infinity());
  EXPECT_EQ(select.Text(2), "");
  EXPECT_FALSE(select.Next());
  ASSERT_OK(select.status());
}

TEST_P(DatabaseTest, RollsBackWhatIsNotCommitted) {
  {
    ASSERT_OK_AND_ASSIGN(transaction, Transaction::Begin(*database_));
    ASSERT_OK(database_->Execute("INSERT INTO t (i) VALUES (1)"));
    ASSERT_OK(transaction.Commit());
  }
  {
    ASSERT_OK_AND_ASSIGN(transaction, Transaction::Begin(*database_));
    ASSERT_OK(database_->Execute("INSERT INTO t (i) VALUES (2)"));
  }
  Reopen();
  ASSERT_OK_AND_ASSIGN(sum, database_->Integer("SELECT SUM(i) FROM t"));
  EXPECT_EQ(sum, 1);
}

TEST_P(DatabaseTest, SaysWhatIsWrongWithAStatementAndGoesOn) {
  const auto wrong = database_->Prepare("SELECT nothing FROM t");
  EXPECT_THAT(std::string(wrong.status().message()), StartsWith(path_));
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("nothing"));
  ASSERT_OK_AND_ASSIGN(insert,
                       database_->Prepare("INSERT INTO t (s) VALUES (?)"));
  ASSERT_OK(insert.Run("one"));
  EXPECT_THAT(std::string(insert.Run("one").message()), HasSubstr("UNIQUE"));
  ASSERT_OK(insert.Run("two"));
}

TEST_P(DatabaseTest, SaysThatTheDiskIsFull) {
  ASSERT_OK(database_->Execute("PRAGMA max_page_count=3"));
  ASSERT_OK_AND_ASSIGN(insert,
                       database_->Prepare("INSERT INTO t (s) VALUES (?)"));
  const absl::Status full = insert.Run(std::string(1 << 20, 'x'));
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
}

TEST(DatabaseFileTest, IsNoDatabase) {
  const std::string path = TestFolder() + "/notes.txt";
  WriteTestFile(path, std::string(10000, 'x'));
  for (const OpenMode mode : {OpenMode::kRead, OpenMode::kWrite}) {
    const auto opened = Database::Open(path, mode);
    EXPECT_TRUE(absl::IsInvalidArgument(opened.status())) << opened.status();
    EXPECT_EQ(opened.status().message(), path + ": is no database");
  }
  EXPECT_EQ(ReadTestFile(path), std::string(10000, 'x'));
}

TEST(DatabaseFileTest, IsAFolderOrMissing) {
  const std::string folder = TestFolder();
  const auto opened = Database::Open(folder, OpenMode::kWrite);
  EXPECT_TRUE(absl::IsInvalidArgument(opened.status())) << opened.status();
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("folder"));
  const auto missing = Database::Open(folder + "/none", OpenMode::kRead);
  EXPECT_TRUE(absl::IsNotFound(missing.status())) << missing.status();
  EXPECT_FALSE(std::filesystem::exists(folder + "/none"));
}

TEST(DatabaseFileTest, CannotBeMadeInAFolderThatTakesNoFiles) {
  const auto opened = Database::Open("/proc/tracker.sqlite", OpenMode::kWrite);
  EXPECT_TRUE(absl::IsPermissionDenied(opened.status())) << opened.status();
  EXPECT_THAT(std::string(opened.status().message()),
              StartsWith("/proc/tracker.sqlite: "));
  const auto below = Database::Open("/proc/none/x.sqlite", OpenMode::kWrite);
  EXPECT_TRUE(absl::IsPermissionDenied(below.status())) << below.status();
}

TEST(DatabaseFileTest, WaitsForALockNoLongerThanTheTimeOut) {
  const std::string path = TestFolder() + "/x.sqlite";
  ASSERT_OK_AND_ASSIGN(first, Database::Open(path, OpenMode::kWrite));
  ASSERT_OK_AND_ASSIGN(
      second, Database::Open(path, OpenMode::kWrite, absl::Milliseconds(20)));
  ASSERT_OK_AND_ASSIGN(lock, Transaction::Begin(first));
  const auto refused = Transaction::Begin(second);
  EXPECT_TRUE(absl::IsUnavailable(refused.status())) << refused.status();
  ASSERT_OK(lock.Commit());
  EXPECT_TRUE(Transaction::Begin(second).ok());
}

// Runs `body` as a user who owns nothing; -1 where this process may not change
// its user.
int ExitStatusAsNobody(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(77);
    _exit(body() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  return code == 77 ? -1 : code;
}

TEST(DatabaseFileTest, IsReadWhereNothingMayBeWritten) {
  // Where anyone may go, which the test's own folder need not be.
  char name[] = "/tmp/database_test_XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const std::string folder = name;
  const std::string path = folder + "/x.sqlite";
  {
    ASSERT_OK_AND_ASSIGN(database, Database::Open(path, OpenMode::kWrite));
    ASSERT_OK(database.Execute("CREATE TABLE t (i); INSERT INTO t VALUES (5)"));
  }
  std::filesystem::permissions(folder, std::filesystem::perms(0555));
  std::filesystem::permissions(path, std::filesystem::perms(0444));
  const int status = ExitStatusAsNobody([&] {
    const auto written = Database::Open(path, OpenMode::kWrite);
    if (!absl::IsPermissionDenied(written.status())) return false;
    const auto read = Database::Open(path, OpenMode::kRead);
    return read.ok() && *read->Integer("SELECT i FROM t") == 5;
  });
  std::filesystem::remove_all(folder);
  if (status < 0) GTEST_SKIP() << "this process may not change its user";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace snclr
