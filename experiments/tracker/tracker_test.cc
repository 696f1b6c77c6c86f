// SPDX-License-Identifier: MIT
#include "experiments/tracker/tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/ingest.h"
#include "experiments/tracker/run_event.pb.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/schema.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

std::vector<std::string> Names(
    const absl::StatusOr<std::vector<RunRecord>>& runs) {
  std::vector<std::string> names;
  if (runs.ok()) {
    for (const RunRecord& run : *runs) names.push_back(run.run);
  }
  return names;
}

void Record(const std::string& out, const RunInfo& info,
            const std::vector<double>& losses, RunStatus status) {
  auto recorder =
      StartRecorder(info, DefaultTrackerPath(out), absl::Seconds(15));
  ASSERT_TRUE(recorder.ok()) << recorder.status();
  for (size_t i = 0; i < losses.size(); ++i) {
    (*recorder)->Metrics(i, 0, {{"loss", losses[i]}});
  }
  ASSERT_OK((*recorder)->Finish(status, ""));
}

TEST(TrackerTest, ListsRunsByNameMethodAndStatus) {
  const std::string out = TestFolder();
  RunInfo other = TestRun(out, "long", "1");
  other.method = "moco_v3";
  Record(out, TestRun(out, "quick", "1"), {}, RunStatus::kFinished);
  Record(out, TestRun(out, "quick", "2"), {}, RunStatus::kFailed);
  Record(out, other, {}, RunStatus::kFinished);
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  EXPECT_THAT(Names(tracker->Runs()),
              ElementsAre("quick/1", "quick/2", "long/1"));
  RunFilter filter;
  filter.name = "quick";
  EXPECT_THAT(Names(tracker->Runs(filter)), ElementsAre("quick/1", "quick/2"));
  filter.status = RunStatus::kFailed;
  EXPECT_THAT(Names(tracker->Runs(filter)), ElementsAre("quick/2"));
  filter = {};
  filter.method = "moco_v3";
  EXPECT_THAT(Names(tracker->Runs(filter)), ElementsAre("long/1"));
}

TEST(TrackerTest, ReturnsLastBestAndSeriesOfAMetric) {
  const std::string out = TestFolder();
  Record(out, TestRun(out, "quick", "1"), {3, 1, 4, 2}, RunStatus::kFinished);
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  EXPECT_THAT(*tracker->MetricNames(), ElementsAre("loss"));
  ASSERT_OK_AND_ASSIGN(summaries, tracker->Metric("loss"));
  ASSERT_THAT(summaries, SizeIs(1));
  const auto& [run_id, summary] = *summaries.begin();
  EXPECT_EQ(summary.points, 4);
  EXPECT_EQ(summary.last_step, 3);
  EXPECT_EQ(summary.last_value, 2);
  EXPECT_EQ(summary.min_value, 1);
  EXPECT_EQ(summary.max_value, 4);
  ASSERT_OK_AND_ASSIGN(tail, tracker->Tail(run_id, "loss", 2));
  ASSERT_THAT(tail, SizeIs(2));
  EXPECT_EQ(tail[0].value, 4);
  EXPECT_EQ(tail[1].value, 2);
  EXPECT_THAT(*tracker->Series(run_id, "none"), IsEmpty());
  EXPECT_THAT(*tracker->ParameterPaths(),
              ElementsAre("optimizer.base_lr", "precision"));
  EXPECT_THAT(*tracker->Parameter("precision"),
              ElementsAre(Pair(run_id, "FP32")));
}

TEST(TrackerTest, NamesEachMetricOnceHoweverManyRunsHaveIt) {
  const std::string out = TestFolder();
  for (const std::string id : {"1", "2", "3"}) {
    auto recorder = StartRecorder(TestRun(out, "quick", id),
                                  DefaultTrackerPath(out), absl::Seconds(15));
    ASSERT_TRUE(recorder.ok()) << recorder.status();
    (*recorder)->Metrics(1, 1, {{"b", 1}, {"a" + id, 2}, {"", 3}});
    ASSERT_OK((*recorder)->Finish(RunStatus::kFinished, ""));
  }
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  EXPECT_THAT(*tracker->MetricNames(), ElementsAre("", "a1", "a2", "a3", "b"));
}

TEST(TrackerTest, VisitsEveryParameterRunByRun) {
  const std::string out = TestFolder();
  for (const std::string id : {"1", "2"}) {
    Record(out, TestRun(out, "quick", id), {1}, RunStatus::kFinished);
  }
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  std::map<int64_t, std::map<std::string, std::string>> seen;
  ASSERT_OK(tracker->VisitParameters(
      [&](int64_t run_id, const std::string& path, const std::string& value) {
        seen[run_id][path] = value;
      }));
  ASSERT_THAT(seen, SizeIs(2));
  for (const auto& [run_id, parameters] : seen) {
    EXPECT_EQ(parameters, *tracker->Parameters(run_id));
  }
}

TEST(TrackerTest, AnOutputFolderMayMove) {
  const std::string folder = TestFolder();
  {
    auto killed =
        StartRecorder(TestRun(folder + "/out", "quick", "1"),
                      folder + "/out/tracker.sqlite", absl::Seconds(15));
    ASSERT_TRUE(killed.ok()) << killed.status();
  }
  std::filesystem::rename(folder + "/out", folder + "/moved");
  ASSERT_OK_AND_ASSIGN(tracker,
                       Tracker::Open(folder + "/moved/tracker.sqlite"));
  const RunRecord run = (*tracker->Runs())[0];
  EXPECT_TRUE(std::filesystem::exists(run.folder + "/" + kRunLogName));
  EXPECT_EQ(run.status, RunStatus::kInterrupted);
}

TEST(TrackerTest, SaysWhatIsWrongWithTheFile) {
  const std::string out = TestFolder();
  const std::string path = out + "/tracker.sqlite";
  const auto missing = Tracker::Open(path);
  EXPECT_TRUE(absl::IsNotFound(missing.status())) << missing.status();
  EXPECT_FALSE(std::filesystem::exists(path));
  WriteTestFile(path, std::string(5000, 'x'));
  const auto garbage = Tracker::Open(path);
  EXPECT_TRUE(absl::IsInvalidArgument(garbage.status())) << garbage.status();
  EXPECT_EQ(garbage.status().message(), path + ": is no database");
  std::filesystem::remove(path);
  {
    ASSERT_OK_AND_ASSIGN(database, Database::Open(path, OpenMode::kWrite));
    ASSERT_OK(database.Execute("CREATE TABLE bookmarks (url)"));
  }
  const auto foreign = Tracker::Open(path);
  EXPECT_TRUE(absl::IsInvalidArgument(foreign.status())) << foreign.status();
  std::filesystem::remove(path);
  {
    ASSERT_OK_AND_ASSIGN(database, Database::Open(path, OpenMode::kWrite));
    ASSERT_OK(Migrate(database));
    ASSERT_OK(database.Execute("PRAGMA user_version=99"));
  }
  const auto newer = Tracker::Open(path);
  EXPECT_TRUE(absl::IsFailedPrecondition(newer.status())) << newer.status();
}

TEST(TrackerTest, AnUnreadableLogHidesNoOtherRun) {
  const std::string out = TestFolder();
  for (const std::string id : {"1", "2"}) {
    auto killed = StartRecorder(TestRun(out, "quick", id),
                                DefaultTrackerPath(out), absl::Seconds(15));
    ASSERT_TRUE(killed.ok()) << killed.status();
  }
  WriteTestFile(out + "/quick/1/" + kRunLogName, "no log at all, but text");
  ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out)));
  EXPECT_THAT(Names(tracker->Runs()), ElementsAre("quick/1", "quick/2"));
  EXPECT_THAT(tracker->warnings(), ElementsAre(HasSubstr("quick/1")));
}

// A run on another machine, whose lock this one does not see.
class RemoteRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = TestFolder();
    RunEvent event;
    event.set_time(1000);
    event.mutable_start()->set_run("quick/1");
    event.mutable_start()->set_resumed_at_step(-1);
    event.mutable_start()->set_heartbeat_seconds(15);
    event.mutable_start()->set_boot_id("another machine's");
    Append(event);
    auto database = Database::Open(DefaultTrackerPath(out_), OpenMode::kWrite);
    ASSERT_TRUE(database.ok()) << database.status();
    ASSERT_OK(Migrate(*database));
    ASSERT_OK(RegisterRun(*database, out_ + "/quick/1").status());
  }

  void Append(const RunEvent& event) {
    std::filesystem::create_directories(out_ + "/quick/1");
    auto log = RunLog::Open(out_ + "/quick/1/" + kRunLogName);
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_OK(log->Append({event.SerializeAsString()}));
  }

  RunStatus StatusAt(double seconds) {
    auto tracker = Tracker::Open(DefaultTrackerPath(out_),
                                 absl::UnixEpoch() + absl::Seconds(seconds));
    EXPECT_TRUE(tracker.ok()) << tracker.status();
    return (*(*tracker)->Runs())[0].status;
  }

  std::string out_;
};

TEST_F(RemoteRunTest, IsLostOnceItMissedFourHeartbeats) {
  EXPECT_EQ(StatusAt(1000 + 59), RunStatus::kRunning);
  EXPECT_EQ(StatusAt(1000 + 61), RunStatus::kInterrupted);
}

TEST_F(RemoteRunTest, ReturnsToLifeWithItsNextHeartbeat) {
  EXPECT_EQ(StatusAt(1000 + 61), RunStatus::kInterrupted);
  RunEvent heartbeat;
  heartbeat.set_time(1100);
  Append(heartbeat);
  EXPECT_EQ(StatusAt(1000 + 110), RunStatus::kRunning);
}

TEST_F(RemoteRunTest, IsLostByItsHeartbeatWhereItsFolderIsGone) {
  EXPECT_EQ(StatusAt(1000 + 1), RunStatus::kRunning);
  std::filesystem::remove_all(out_ + "/quick");
  EXPECT_EQ(StatusAt(1000 + 61), RunStatus::kInterrupted);
}

}  // namespace
}  // namespace snclr
