// SPDX-License-Identifier: MIT
#include "experiments/tracker/log_appender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> RecordsOf(const std::string& path) {
  std::vector<std::string> records;
  LogPart part;
  while (!part.at_end) {
    auto next = ReadRunLog(path, part.next);
    if (!next.ok()) return records;
    part = *std::move(next);
    records.insert(records.end(), part.records.begin(), part.records.end());
  }
  return records;
}

std::unique_ptr<LogAppender> MakeAppender(
    const std::string& path, absl::Duration heartbeat = absl::Hours(1),
    int64_t max_queued_bytes = 1 << 20) {
  auto log = RunLog::Open(path);
  EXPECT_TRUE(log.ok()) << log.status();
  return std::make_unique<LogAppender>(
      *std::move(log), heartbeat, [] { return std::string("beat"); },
      max_queued_bytes);
}

TEST(LogAppenderTest, KeepsTheOrderOfEachThread) {
  const std::string path = TestFolder() + "/events.log";
  // Room for few records, so that adding has to wait for the disk.
  auto appender = MakeAppender(path, absl::Hours(1), /*max_queued_bytes=*/100);
  std::vector<std::thread> threads;
  for (const std::string name : {"a", "b"}) {
    threads.emplace_back([&appender, name] {
      for (int i = 0; i < 2000; ++i) appender->Add(absl::StrCat(name, i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK(appender->Close());
  const std::vector<std::string> records = RecordsOf(path);
  ASSERT_EQ(records.size(), 4000u);
  int next_a = 0, next_b = 0;
  for (const std::string& record : records) {
    int& next = record[0] == 'a' ? next_a : next_b;
    EXPECT_EQ(record.substr(1), absl::StrCat(next++));
  }
}

TEST(LogAppenderTest, AppendsWithoutBeingAskedAndBeatsWhenIdle) {
  const std::string path = TestFolder() + "/events.log";
  auto appender = MakeAppender(path, absl::Milliseconds(5));
  appender->Add("one");
  while (RecordsOf(path).size() < 3) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_THAT(RecordsOf(path), Contains("one"));
  EXPECT_THAT(RecordsOf(path), Contains("beat"));
}

TEST(LogAppenderTest, ItsThreadGivesWayToTheTrainings) {
  auto appender = MakeAppender(TestFolder() + "/events.log");
  int priority = 0;
  appender->AddLater(
      [&priority] {
        priority = getpriority(PRIO_PROCESS, gettid());
        return std::string("one");
      },
      /*bytes=*/3);
  ASSERT_OK(appender->Close());
  EXPECT_EQ(priority, 19);
}

TEST(LogAppenderTest, TakesNothingOnceClosed) {
  const std::string path = TestFolder() + "/events.log";
  auto appender = MakeAppender(path);
  appender->Add("one", /*sync=*/true);
  ASSERT_OK(appender->Close());
  EXPECT_EQ(appender->end(),
            static_cast<int64_t>(std::filesystem::file_size(path)));
  appender->Add("two");
  ASSERT_OK(appender->Close());
  EXPECT_THAT(RecordsOf(path), ElementsAre("one"));
}

// Lets files grow no further than `bytes`: what a full disk looks like.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(int64_t bytes)
      : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit = {static_cast<rlim_t>(bytes), old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_;
  void (*handler_)(int);
};

TEST(LogAppenderTest, KeepsWhatAFullDiskDidNotTakeUntilItDoes) {
  const std::string path = TestFolder() + "/events.log";
  auto appender = MakeAppender(path);
  {
    const FileSizeLimit limit(100);
    appender->Add(std::string(200, 'x'));
    while (!appender->IsFailing()) absl::SleepFor(absl::Milliseconds(1));
    appender->Add("later");
  }
  ASSERT_OK(appender->Close());
  EXPECT_THAT(RecordsOf(path), ElementsAre(std::string(200, 'x'), "later"));
}

TEST(LogAppenderTest, DropsRatherThanWaitsOnceTheQueueOfAFullDiskIsFull) {
  const std::string path = TestFolder() + "/events.log";
  auto appender = MakeAppender(path, absl::Hours(1), /*max_queued_bytes=*/300);
  {
    const FileSizeLimit limit(100);
    appender->Add(std::string(200, 'x'));
    while (!appender->IsFailing()) absl::SleepFor(absl::Milliseconds(1));
    for (int i = 0; i < 10; ++i) appender->Add(std::string(100, 'y'));
  }
  const absl::Status status = appender->Close();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("9 records"));
  EXPECT_THAT(RecordsOf(path),
              ElementsAre(std::string(200, 'x'), std::string(100, 'y')));
}

TEST(LogAppenderTest, SaysAtItsEndThatTheDiskIsFull) {
  const std::string path = TestFolder() + "/events.log";
  auto appender = MakeAppender(path);
  const FileSizeLimit limit(100);
  appender->Add(std::string(200, 'x'));
  const absl::Status status = appender->Close();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
}

}  // namespace
}  // namespace snclr
