// SPDX-License-Identifier: MIT
#include "experiments/tracker/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

const Migrations& TwoVersions() {
  static const auto* const migrations = new Migrations{
      "CREATE TABLE t (a)", "ALTER TABLE t ADD COLUMN b DEFAULT 9"};
  return *migrations;
}

TEST(SchemaTest, IsMadeInAnEmptyDatabaseAndThenLeftAlone) {
  ASSERT_OK_AND_ASSIGN(database, Database::Open(":memory:", OpenMode::kWrite));
  ASSERT_OK(Migrate(database));
  ASSERT_OK(database.Execute(
      "INSERT INTO experiments (name, created_at) VALUES ('x', 0)"));
  ASSERT_OK(Migrate(database));
  ASSERT_OK_AND_ASSIGN(rows,
                       database.Integer("SELECT COUNT(*) FROM experiments"));
  EXPECT_EQ(rows, 1);
  EXPECT_EQ(*database.Integer("PRAGMA user_version"),
            static_cast<int64_t>(TrackerMigrations().size()));
  ASSERT_OK(CheckVersion(database));
}

TEST(SchemaTest, AnOlderVersionIsBroughtUpWithItsRows) {
  ASSERT_OK_AND_ASSIGN(database, Database::Open(":memory:", OpenMode::kWrite));
  ASSERT_OK(Migrate(database, {TwoVersions()[0]}));
  ASSERT_OK(database.Execute("INSERT INTO t VALUES (1)"));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(CheckVersion(database, TwoVersions())));
  ASSERT_OK(Migrate(database, TwoVersions()));
  EXPECT_EQ(*database.Integer("SELECT a * 10 + b FROM t"), 19);
  ASSERT_OK(CheckVersion(database, TwoVersions()));
}

TEST(SchemaTest, AMigrationThatFailsChangesNothing) {
  ASSERT_OK_AND_ASSIGN(database, Database::Open(":memory:", OpenMode::kWrite));
  ASSERT_OK(Migrate(database, {TwoVersions()[0]}));
  const absl::Status failed =
      Migrate(database, {TwoVersions()[0], "CREATE TABLE u (a); SELECT wrong"});
  EXPECT_THAT(std::string(failed.message()), HasSubstr("from schema 1"));
  EXPECT_EQ(*database.Integer("PRAGMA user_version"), 1);
  EXPECT_EQ(*database.Integer("SELECT COUNT(*) FROM sqlite_master"), 1);
}

TEST(SchemaTest, ANewerVersionIsRefusedWithBothNumbers) {
  ASSERT_OK_AND_ASSIGN(database, Database::Open(":memory:", OpenMode::kWrite));
  ASSERT_OK(Migrate(database));
  ASSERT_OK(database.Execute("PRAGMA user_version=77"));
  const absl::Status status = Migrate(database);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("schema 77"));
  EXPECT_TRUE(absl::IsFailedPrecondition(CheckVersion(database)));
}

TEST(SchemaTest, AnotherProgramsDatabaseIsRefusedUntouched) {
  ASSERT_OK_AND_ASSIGN(database, Database::Open(":memory:", OpenMode::kWrite));
  ASSERT_OK(database.Execute("CREATE TABLE bookmarks (url)"));
  const absl::Status status = Migrate(database);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("no tracker"));
  EXPECT_EQ(*database.Integer("SELECT COUNT(*) FROM sqlite_master"), 1);
}

TEST(SchemaTest, IsMadeOnceByManyAtOnce) {
  const std::string path = TestFolder() + "/tracker.sqlite";
  std::vector<absl::Status> statuses(8);
  std::vector<std::thread> threads;
  for (absl::Status& status : statuses) {
    threads.emplace_back([&path, &status] {
      auto database = Database::Open(path, OpenMode::kWrite);
      status = database.ok() ? Migrate(*database) : database.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses)
    EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace snclr
