// SPDX-License-Identifier: MIT
#include "experiments/tracker/adopt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "experiments/tracker/recorder.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::SizeIs;

TEST(AdoptRunsTest, BringsBackARunWhoseDatabaseWasLost) {
  const std::string out = TestFolder();
  const std::string db = DefaultTrackerPath(out);
  const RunInfo info = TestRun(out, "lost", "001");
  {
    ASSERT_OK_AND_ASSIGN(recorder, StartRecorder(info, db, absl::Seconds(15)));
    recorder->Metrics(7, 1, {{"knn_top1", 42}});
    ASSERT_OK(recorder->Finish(RunStatus::kFinished, ""));
  }
  for (const char* end : {"", "-wal", "-shm"}) {
    std::filesystem::remove(db + end);
  }
  std::filesystem::create_directories(out + "/lost/002");  // no log yet
  // Twice: the second time it is known.
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK(AdoptRuns(db, {info.folder, out + "/lost/002"}));
    ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(db));
    ASSERT_OK_AND_ASSIGN(runs, tracker->Runs());
    ASSERT_THAT(runs, SizeIs(1));
    EXPECT_EQ(runs[0].run, "lost/001");
    EXPECT_EQ(runs[0].status, RunStatus::kFinished);
    ASSERT_OK_AND_ASSIGN(values, tracker->Metric("knn_top1"));
    EXPECT_EQ(values.at(runs[0].id).last_value, 42);
  }
}

}  // namespace
}  // namespace snclr
