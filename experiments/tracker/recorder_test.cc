// SPDX-License-Identifier: MIT
#include "experiments/tracker/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "absl/time/clock.h"
#include "experiments/tracker/database.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kHeartbeat = absl::Seconds(15);

int64_t RecordsInLog(const std::string& folder) {
  const auto part = ReadRunLog(folder + "/" + kRunLogName, 0, 1 << 26);
  return part.ok() ? part->records.size() : 0;
}

TEST(RecorderTest, WhatWasRecordedIsThereWhenFinishReturns) {
  const std::string out = TestFolder();
  RunInfo info = TestRun(out, "quick", "1");
  info.seed = std::numeric_limits<uint64_t>::max();
  info.git_diff = "+caf\xE9\n";  // Latin-1, as a diff may be
  ASSERT_OK_AND_ASSIGN(
      recorder, StartRecorder(info, DefaultTrackerPath(out), kHeartbeat));
  recorder->Metrics(10, 0.5, {{"loss", 2.25}, {"lr", 1e-3}});
  recorder->Metrics(20, 1.0, {{"loss", std::nan("")}});
  recorder->Artifact("checkpoint", "checkpoints/20", 123, "ab12");
  recorder->Note(20, "features are collapsing");
  ASSERT_OK(recorder->Finish(RunStatus::kFinished, "all epochs done"));

  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  ASSERT_OK_AND_ASSIGN(runs, tracker->Runs());
  ASSERT_THAT(runs, SizeIs(1));
  const RunRecord& run = runs[0];
  EXPECT_EQ(run.run, "quick/1");
  EXPECT_EQ(run.name, "quick");
  EXPECT_EQ(run.method, "snclr");
  EXPECT_EQ(run.seed, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(run.status, RunStatus::kFinished);
  EXPECT_EQ(run.reason, "all epochs done");
  EXPECT_EQ(run.question, "Does K matter?");
  EXPECT_EQ(run.spec_hash, "0123456789abcdef");
  EXPECT_EQ(run.data_fingerprint, "procedural-1");
  EXPECT_EQ(run.git_commit, "abc");
  EXPECT_TRUE(run.has_git_diff);
  EXPECT_EQ(run.last_step, 20);
  EXPECT_LE(run.started, run.ended);

  ASSERT_OK_AND_ASSIGN(loss, tracker->Series(run.id, "loss"));
  ASSERT_THAT(loss, SizeIs(2));
  EXPECT_EQ(loss[0].step, 10);
  EXPECT_EQ(loss[0].epoch, 0.5);
  EXPECT_EQ(loss[0].value, 2.25);
  EXPECT_TRUE(std::isnan(loss[1].value));
  ASSERT_OK_AND_ASSIGN(parameters, tracker->Parameters(run.id));
  EXPECT_EQ(parameters, info.parameters);
  ASSERT_OK_AND_ASSIGN(artifacts, tracker->Artifacts(run.id));
  ASSERT_THAT(artifacts, SizeIs(1));
  EXPECT_EQ(artifacts[0].path, "checkpoints/20");
  EXPECT_EQ(artifacts[0].bytes, 123);
  EXPECT_EQ(artifacts[0].checksum, "ab12");
  ASSERT_OK_AND_ASSIGN(notes, tracker->Notes(run.id));
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_EQ(notes[0].text, "features are collapsing");
  ASSERT_OK_AND_ASSIGN(spec, tracker->SpecText(run.id));
  EXPECT_EQ(spec, info.spec_text);
}

TEST(RecorderTest, AResumedRunContinuesItsRows) {
  const std::string out = TestFolder();
  RunInfo info = TestRun(out, "quick", "1");
  {
    ASSERT_OK_AND_ASSIGN(
        killed, StartRecorder(info, DefaultTrackerPath(out), kHeartbeat));
    for (const int step : {10, 20, 30}) {
      killed->Metrics(step, 0, {{"loss", 100.0 + step}});
    }
  }
  info.resumed_at_step = 20;
  ASSERT_OK_AND_ASSIGN(
      resumed, StartRecorder(info, DefaultTrackerPath(out), kHeartbeat));
  resumed->Metrics(25, 0, {{"loss", 5}});
  ASSERT_OK(resumed->Finish(RunStatus::kFinished, ""));

  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  ASSERT_OK_AND_ASSIGN(runs, tracker->Runs());
  ASSERT_THAT(runs, SizeIs(1));
  ASSERT_OK_AND_ASSIGN(loss, tracker->Series(runs[0].id, "loss"));
  std::vector<double> values;
  for (const MetricPoint& point : loss) values.push_back(point.value);
  EXPECT_THAT(values, ElementsAre(110, 120, 5));
  ASSERT_OK_AND_ASSIGN(starts, tracker->Starts(runs[0].id));
  ASSERT_THAT(starts, SizeIs(2));
  EXPECT_EQ(starts[0].resumed_at_step, -1);
  EXPECT_EQ(starts[1].resumed_at_step, 20);
}

TEST(RecorderTest, ALockedDatabaseKeepsNothingFromTheLog) {
  const std::string out = TestFolder();
  const RunInfo info = TestRun(out, "quick", "1");
  ASSERT_OK_AND_ASSIGN(
      recorder, StartRecorder(info, DefaultTrackerPath(out), kHeartbeat));
  ASSERT_OK_AND_ASSIGN(
      other, Database::Open(DefaultTrackerPath(out), OpenMode::kWrite));
  {
    ASSERT_OK_AND_ASSIGN(lock, Transaction::Begin(other));
    for (int step = 0; step < 5000; ++step) {
      recorder->Metrics(step, 0, {{"loss", 1}});
    }
    // The lock is held until all of it has come to the disk.
    while (RecordsInLog(info.folder) < 5001) {
      absl::SleepFor(absl::Milliseconds(5));
    }
  }
  ASSERT_OK(recorder->Finish(RunStatus::kFinished, ""));
  EXPECT_EQ(*other.Integer("SELECT points FROM series"), 5000);
}

TEST(RecorderTest, TheDatabaseFollowsWhileTheRunGoesOn) {
  const std::string out = TestFolder();
  ASSERT_OK_AND_ASSIGN(recorder,
                       StartRecorder(TestRun(out, "quick", "1"),
                                     DefaultTrackerPath(out), kHeartbeat));
  recorder->Metrics(1, 0, {{"loss", 1}});
  ASSERT_OK_AND_ASSIGN(
      other, Database::Open(DefaultTrackerPath(out), OpenMode::kRead));
  while (*other.Integer("SELECT COUNT(*) FROM points") == 0) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  EXPECT_EQ((*tracker->Runs())[0].status, RunStatus::kRunning);
}

TEST(RecorderTest, ARunIsRecordedByOneProcessAtATime) {
  const std::string out = TestFolder();
  const RunInfo info = TestRun(out, "quick", "1");
  ASSERT_OK_AND_ASSIGN(
      first, StartRecorder(info, DefaultTrackerPath(out), kHeartbeat));
  const auto second = StartRecorder(info, DefaultTrackerPath(out), kHeartbeat);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(info.folder));
}

TEST(RecorderTest, EndsOnceAndNotAsRunning) {
  const std::string out = TestFolder();
  ASSERT_OK_AND_ASSIGN(recorder,
                       StartRecorder(TestRun(out, "quick", "1"),
                                     DefaultTrackerPath(out), kHeartbeat));
  EXPECT_TRUE(
      absl::IsInvalidArgument(recorder->Finish(RunStatus::kRunning, "")));
  ASSERT_OK(recorder->Finish(RunStatus::kFailed, "loss is NaN at step 3"));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(recorder->Finish(RunStatus::kFinished, "")));
  recorder->Metrics(9, 0, {{"loss", 1}});
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  const RunRecord run = (*tracker->Runs())[0];
  EXPECT_EQ(run.status, RunStatus::kFailed);
  EXPECT_EQ(run.reason, "loss is NaN at step 3");
  EXPECT_EQ(run.last_step, -1);
}

TEST(RecorderTest, SaysThatTheFileIsNoDatabase) {
  const std::string out = TestFolder();
  WriteTestFile(out + "/tracker.sqlite", std::string(5000, 'x'));
  const auto recorder = StartRecorder(TestRun(out, "quick", "1"),
                                      out + "/tracker.sqlite", kHeartbeat);
  EXPECT_TRUE(absl::IsInvalidArgument(recorder.status())) << recorder.status();
  EXPECT_EQ(recorder.status().message(),
            out + "/tracker.sqlite: is no database");
  EXPECT_FALSE(std::filesystem::exists(out + "/quick"));
}

TEST(RecorderTest, SaysThatTheFolderTakesNoFiles) {
  const std::string out = TestFolder();
  RunInfo info = TestRun(out, "quick", "1");
  info.folder = "/proc/quick/1";
  const auto recorder =
      StartRecorder(info, DefaultTrackerPath(out), kHeartbeat);
  EXPECT_TRUE(absl::IsPermissionDenied(recorder.status())) << recorder.status();
  EXPECT_THAT(std::string(recorder.status().message()),
              HasSubstr("/proc/quick/1"));
}

}  // namespace
}  // namespace snclr
