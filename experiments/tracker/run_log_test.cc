// SPDX-License-Identifier: MIT
#include "experiments/tracker/run_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RunLogTest, IsReadBackInPartsOfAnySize) {
  const std::string path = TestFolder() + "/events.log";
  std::vector<std::string> written;
  {
    ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
    for (int i = 0; i < 100; ++i) {
      written.push_back(std::string(i, static_cast<char>(i)));
      ASSERT_OK(log.Append({written.back()}));
    }
    EXPECT_EQ(log.end(),
              static_cast<int64_t>(std::filesystem::file_size(path)));
  }
  for (const int64_t window : {1, 13, 1000, 1 << 20}) {
    std::vector<std::string> read;
    LogPart part;
    while (!part.at_end) {
      ASSERT_OK_AND_ASSIGN(next, ReadRunLog(path, part.next, window));
      part = std::move(next);
      read.insert(read.end(), part.records.begin(), part.records.end());
    }
    EXPECT_EQ(read, written) << window;
  }
}

TEST(RunLogTest, KeepsItsIdAndGoesOnAfterAReopen) {
  const std::string path = TestFolder() + "/events.log";
  uint64_t id = 0;
  {
    ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
    ASSERT_OK(log.Append({"one", "two"}));
    id = log.id();
  }
  ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
  EXPECT_EQ(log.id(), id);
  ASSERT_OK(log.Append({"three"}));
  ASSERT_OK_AND_ASSIGN(part, ReadRunLog(path, 0));
  EXPECT_EQ(part.id, id);
  EXPECT_THAT(part.records, ElementsAre("one", "two", "three"));
}

TEST(RunLogTest, RemovesARecordThatAKillCutShort) {
  const std::string path = TestFolder() + "/events.log";
  {
    ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
    ASSERT_OK(log.Append({"one", "cut short"}));
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 3);
  ASSERT_OK_AND_ASSIGN(torn, ReadRunLog(path, 0));
  EXPECT_THAT(torn.records, ElementsAre("one"));
  EXPECT_THAT(torn.damages, IsEmpty());
  ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
  ASSERT_OK(log.Append({"two"}));
  ASSERT_OK_AND_ASSIGN(part, ReadRunLog(path, 0));
  EXPECT_THAT(part.records, ElementsAre("one", "two"));
  EXPECT_THAT(part.damages, IsEmpty());
}

TEST(RunLogTest, BeginsAgainWhereNotEvenTheHeaderIsWhole) {
  const std::string path = TestFolder() + "/events.log";
  WriteTestFile(path, "SNCL");
  ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
  ASSERT_OK(log.Append({"one"}));
  ASSERT_OK_AND_ASSIGN(part, ReadRunLog(path, 0));
  EXPECT_THAT(part.records, ElementsAre("one"));
}

TEST(RunLogTest, RefusesAFileThatIsNoLog) {
  const std::string path = TestFolder() + "/events.log";
  WriteTestFile(path, "epoch,loss\n1,2.5\n");
  const auto log = RunLog::Open(path);
  EXPECT_TRUE(absl::IsDataLoss(log.status())) << log.status();
  EXPECT_THAT(std::string(log.status().message()), HasSubstr(path));
  EXPECT_EQ(ReadTestFile(path), "epoch,loss\n1,2.5\n");
}

TEST(RunLogTest, HasOneWriterAtATime) {
  const std::string path = TestFolder() + "/events.log";
  {
    ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
    EXPECT_TRUE(*IsRunLogHeld(path));
    const auto second = RunLog::Open(path, absl::ZeroDuration());
    EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  }
  EXPECT_FALSE(*IsRunLogHeld(path));
  EXPECT_TRUE(RunLog::Open(path).ok());
}

TEST(RunLogTest, AppendsAllOrNothingWhereTheDiskIsFull) {
  const std::string path = TestFolder() + "/events.log";
  ASSERT_OK_AND_ASSIGN(log, RunLog::Open(path));
  ASSERT_OK(log.Append({"before"}));
  // A file size limit cuts a write short as a full disk does.
  rlimit old_limit;
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit limit = {static_cast<rlim_t>(log.end() + 100),
                        old_limit.rlim_max};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &limit);
  const absl::Status full = log.Append({std::string(1000, 'x')});
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  ASSERT_OK(log.Append({"after"}));
  ASSERT_OK_AND_ASSIGN(part, ReadRunLog(path, 0));
  EXPECT_THAT(part.records, ElementsAre("before", "after"));
  EXPECT_THAT(part.damages, IsEmpty());
}

TEST(RunLogTest, SaysWhichFolderIsMissing) {
  const auto log = RunLog::Open(TestFolder() + "/none/events.log");
  EXPECT_TRUE(absl::IsNotFound(log.status())) << log.status();
  EXPECT_THAT(std::string(log.status().message()),
              HasSubstr("none/events.log"));
}

}  // namespace
}  // namespace snclr
