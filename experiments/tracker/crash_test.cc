// SPDX-License-Identifier: MIT
// Real processes that are killed, or write at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/recorder.h"
#include "experiments/tracker/run_event.pb.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::SizeIs;

pid_t InChild(const std::function<bool()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  return child;
}

// Its exit status; -1 where a signal ended it.
int Wait(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool RecordForEver(const RunInfo& info, const std::string& db) {
  auto recorder = StartRecorder(info, db, absl::Seconds(15));
  if (!recorder.ok()) return false;
  for (int64_t step = 0;; ++step) {
    (*recorder)->Metrics(step, 0, {{"loss", static_cast<double>(step)}});
    if (step % 50 == 0) absl::SleepFor(absl::Microseconds(200));
  }
}

// The steps whose metrics the log holds.
std::vector<int64_t> StepsInLog(const std::string& folder) {
  std::vector<int64_t> steps;
  LogPart part;
  while (!part.at_end) {
    auto next = ReadRunLog(folder + "/" + kRunLogName, part.next);
    if (!next.ok()) return steps;
    part = *std::move(next);
    for (const std::string& record : part.records) {
      RunEvent event;
      EXPECT_TRUE(event.ParseFromString(record));
      if (event.has_metrics()) steps.push_back(event.metrics().step());
    }
  }
  return steps;
}

TEST(CrashTest, WhatWasAppendedBeforeAKillIsThereAtTheNextOpen) {
  const std::string out = TestFolder();
  for (const int64_t kill_after : {1, 40, 3000, 20000}) {
    const RunInfo info = TestRun(out, "killed", absl::StrCat(kill_after));
    const pid_t child =
        InChild([&] { return RecordForEver(info, DefaultTrackerPath(out)); });
    while (static_cast<int64_t>(StepsInLog(info.folder).size()) < kill_after) {
      absl::SleepFor(absl::Milliseconds(2));
    }
    kill(child, SIGKILL);
    EXPECT_EQ(Wait(child), -1);

    const std::vector<int64_t> appended = StepsInLog(info.folder);
    ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
    EXPECT_THAT(tracker->warnings(), SizeIs(0));
    const RunRecord run = tracker->Runs()->back();
    EXPECT_EQ(run.run, info.run);
    EXPECT_EQ(run.status, RunStatus::kInterrupted);
    ASSERT_OK_AND_ASSIGN(points, tracker->Series(run.id, "loss"));
    ASSERT_EQ(points.size(), appended.size());
    for (size_t i = 0; i < points.size(); ++i) {
      EXPECT_EQ(points[i].step, appended[i]);
      EXPECT_EQ(points[i].value, appended[i]);
    }
  }
}

TEST(CrashTest, ALiveRunInAnotherProcessStaysRunningUntilItIsKilled) {
  const std::string out = TestFolder();
  const RunInfo info = TestRun(out, "live", "1");
  const pid_t child =
      InChild([&] { return RecordForEver(info, DefaultTrackerPath(out)); });
  while (StepsInLog(info.folder).empty()) {
    absl::SleepFor(absl::Milliseconds(2));
  }
  const auto status = [&] {
    // Long after its last heartbeat, by this clock.
    auto tracker =
        Tracker::Open(DefaultTrackerPath(out), absl::Now() + absl::Hours(1));
    EXPECT_TRUE(tracker.ok()) << tracker.status();
    return (*(*tracker)->Runs())[0].status;
  };
  EXPECT_EQ(status(), RunStatus::kRunning);
  kill(child, SIGKILL);
  Wait(child);
  EXPECT_EQ(status(), RunStatus::kInterrupted);
}

TEST(CrashTest, AKilledRunIsResumedByAnotherProcess) {
  const std::string out = TestFolder();
  RunInfo info = TestRun(out, "killed", "1");
  const pid_t child =
      InChild([&] { return RecordForEver(info, DefaultTrackerPath(out)); });
  while (StepsInLog(info.folder).size() < 200) {
    absl::SleepFor(absl::Milliseconds(2));
  }
  kill(child, SIGKILL);
  Wait(child);
  info.resumed_at_step = 100;
  ASSERT_OK_AND_ASSIGN(
      resumed, StartRecorder(info, DefaultTrackerPath(out), absl::Seconds(15)));
  resumed->Metrics(101, 0, {{"loss", -1}});
  ASSERT_OK(resumed->Finish(RunStatus::kFinished, ""));
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  ASSERT_OK_AND_ASSIGN(runs, tracker->Runs());
  ASSERT_THAT(runs, SizeIs(1));
  ASSERT_OK_AND_ASSIGN(points, tracker->Series(runs[0].id, "loss"));
  ASSERT_THAT(points, SizeIs(102));
  EXPECT_EQ(points[100].value, 100);
  EXPECT_EQ(points[101].value, -1);
}

TEST(CrashTest, SeveralProcessesWriteOneDatabaseAtOnce) {
  const std::string out = TestFolder();
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(InChild([&out, i] {
      auto recorder = StartRecorder(TestRun(out, "array", absl::StrCat(i)),
                                    DefaultTrackerPath(out), absl::Seconds(15));
      if (!recorder.ok()) return false;
      for (int64_t step = 0; step < 3000; ++step) {
        (*recorder)->Metrics(step, 0, {{"loss", 1.0 * i}, {"lr", 0.5}});
      }
      return (*recorder)->Finish(RunStatus::kFinished, "").ok();
    }));
  }
  // And one reads and catches up meanwhile.
  const pid_t reader = InChild([&out] {
    for (int i = 0; i < 20; ++i) {
      const auto tracker = Tracker::Open(DefaultTrackerPath(out));
      if (!tracker.ok() && !absl::IsNotFound(tracker.status())) return false;
      absl::SleepFor(absl::Milliseconds(10));
    }
    return true;
  });
  for (const pid_t child : children) EXPECT_EQ(Wait(child), 0);
  EXPECT_EQ(Wait(reader), 0);
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  ASSERT_OK_AND_ASSIGN(runs, tracker->Runs());
  ASSERT_THAT(runs, SizeIs(4));
  for (const RunRecord& run : runs) {
    EXPECT_EQ(run.status, RunStatus::kFinished);
    ASSERT_OK_AND_ASSIGN(points, tracker->Series(run.id, "loss"));
    ASSERT_THAT(points, SizeIs(3000));
    EXPECT_EQ(absl::StrCat("array/", points.back().value), run.run);
  }
}

}  // namespace
}  // namespace snclr
