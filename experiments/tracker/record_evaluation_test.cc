// SPDX-License-Identifier: MIT
#include "experiments/tracker/record_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kHeartbeat = absl::Seconds(15);

class RecordEvaluationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = TestFolder();
    info_ = TestRun(out_, "quick", "001");
    db_ = DefaultTrackerPath(out_);
  }

  std::unique_ptr<Recorder> Start(int64_t resumed_at_step = -1) {
    info_.resumed_at_step = resumed_at_step;
    auto recorder = StartRecorder(info_, db_, kHeartbeat);
    EXPECT_TRUE(recorder.ok()) << recorder.status();
    return *std::move(recorder);
  }

  void TrainTwoEpochs() {
    const auto recorder = Start();
    recorder->Metrics(10, 1, {{"loss", 3}});
    recorder->Metrics(20, 2, {{"loss", 2}});
    ASSERT_OK(recorder->Finish(RunStatus::kFinished, ""));
  }

  absl::StatusOr<std::string> Record(double top1, int64_t step = 20) {
    return RecordEvaluation(db_, {info_.folder,
                                  info_.spec_hash,
                                  step,
                                  {{"linear_top1", top1}},
                                  "linear probe, 90 epochs"});
  }

  std::unique_ptr<Tracker> Open() {
    auto tracker = Tracker::Open(db_);
    EXPECT_TRUE(tracker.ok()) << tracker.status();
    return *std::move(tracker);
  }

  RunRecord OnlyRun(const Tracker& tracker) {
    const auto runs = tracker.Runs();
    EXPECT_TRUE(runs.ok()) << runs.status();
    EXPECT_THAT(*runs, SizeIs(1));
    return runs->at(0);
  }

  std::vector<MetricPoint> Points(const Tracker& tracker) {
    const auto points = tracker.Series(OnlyRun(tracker).id, "linear_top1");
    EXPECT_TRUE(points.ok()) << points.status();
    return *points;
  }

  std::string out_;
  std::string db_;
  RunInfo info_;
};

TEST_F(RecordEvaluationTest, StandsBesideTheMetricsOfAFinishedRun) {
  TrainTwoEpochs();
  const RunRecord before = OnlyRun(*Open());
  ASSERT_OK_AND_ASSIGN(run, Record(71.5));
  EXPECT_EQ(run, "quick/001");

  const auto tracker = Open();
  const auto points = Points(*tracker);
  ASSERT_THAT(points, SizeIs(1));
  EXPECT_EQ(points[0].step, 20);
  EXPECT_EQ(points[0].value, 71.5);
  EXPECT_EQ(points[0].epoch, 2) << "as the run's own metrics have it";
  const RunRecord after = OnlyRun(*tracker);
  EXPECT_EQ(after.status, RunStatus::kFinished);
  EXPECT_EQ(after.ended, before.ended);
  EXPECT_EQ(after.heartbeat, before.heartbeat);
  EXPECT_EQ(after.last_step, before.last_step);
  ASSERT_OK_AND_ASSIGN(notes, tracker->Notes(after.id));
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_EQ(notes[0].text, "linear probe, 90 epochs");
}

TEST_F(RecordEvaluationTest, TheNewestValueAtAStepHolds) {
  TrainTwoEpochs();
  ASSERT_OK(Record(60).status());
  ASSERT_OK(Record(61).status());
  const auto points = Points(*Open());
  ASSERT_THAT(points, SizeIs(1));
  EXPECT_EQ(points[0].value, 61);
}

TEST_F(RecordEvaluationTest, DoesNotDisturbARunThatIsGoing) {
  const auto recorder = Start();
  recorder->Metrics(10, 1, {{"loss", 3}});
  recorder->Artifact("checkpoint", "c", 1, "0");
  ASSERT_OK(Record(50, 10).status());
  recorder->Metrics(20, 2, {{"loss", 2}});
  {
    const auto tracker = Open();
    EXPECT_THAT(Points(*tracker), SizeIs(1));
    EXPECT_EQ(OnlyRun(*tracker).status, RunStatus::kRunning);
  }
  ASSERT_OK(recorder->Finish(RunStatus::kFinished, ""));
  const auto tracker = Open();
  EXPECT_THAT(Points(*tracker), SizeIs(1));
  EXPECT_EQ(OnlyRun(*tracker).status, RunStatus::kFinished);
  ASSERT_OK_AND_ASSIGN(loss, tracker->Series(OnlyRun(*tracker).id, "loss"));
  EXPECT_THAT(loss, SizeIs(2));
}

// A resumed run takes back its own metrics after the checkpoint; an evaluation
// of a checkpoint that was there stays true.
TEST_F(RecordEvaluationTest, OutlivesARunThatResumesBeforeIt) {
  TrainTwoEpochs();
  ASSERT_OK(Record(71.5).status());
  ASSERT_OK(Start(10)->Finish(RunStatus::kStopped, "again"));
  const auto tracker = Open();
  EXPECT_THAT(Points(*tracker), SizeIs(1));
  const int64_t id = OnlyRun(*tracker).id;
  ASSERT_OK_AND_ASSIGN(loss, tracker->Series(id, "loss"));
  EXPECT_THAT(loss, SizeIs(1)) << "step 20 was taken back";
  ASSERT_OK_AND_ASSIGN(notes, tracker->Notes(id));
  EXPECT_THAT(notes, SizeIs(1)) << "brought in twice, noted once";
}

// What was appended while the database could not be written.
TEST_F(RecordEvaluationTest, TheLogAloneIsEnough) {
  TrainTwoEpochs();
  ASSERT_OK(Record(71.5).status());
  for (const char* end : {"", "-wal", "-shm"}) {
    std::filesystem::remove(db_ + end);
  }
  // A new database learns of the run from a start, of the rest from its logs.
  ASSERT_OK(Start(20)->Finish(RunStatus::kStopped, ""));
  EXPECT_THAT(Points(*Open()), SizeIs(1));
}

TEST_F(RecordEvaluationTest, ADatabaseWithoutTheRunIsNotFoundAndNothingIsMade) {
  EXPECT_TRUE(absl::IsNotFound(Record(1).status()));
  EXPECT_FALSE(std::filesystem::exists(db_));
  TrainTwoEpochs();
  const auto status =
      RecordEvaluation(db_, {out_ + "/quick/002", info_.spec_hash, 20, {}, ""})
          .status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("quick/002"));
  EXPECT_FALSE(std::filesystem::exists(out_ + "/quick/002"));
}

TEST_F(RecordEvaluationTest, ACheckpointOfAnotherSpecIsRefused) {
  TrainTwoEpochs();
  info_.spec_hash = "fedcba9876543210";
  EXPECT_TRUE(absl::IsFailedPrecondition(Record(1).status()));
  EXPECT_THAT(Points(*Open()), IsEmpty());
}

}  // namespace
}  // namespace snclr
