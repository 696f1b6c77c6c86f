// SPDX-License-Identifier: MIT
#include "experiments/tracker/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "experiments/tracker/run_event.pb.h"
#include "experiments/tracker/run_log.h"
#include "experiments/tracker/schema.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string StartEvent(int64_t resumed_at_step) {
  RunEvent event;
  event.set_time(1000);
  event.mutable_start()->set_run("quick/1");
  event.mutable_start()->set_name("quick");
  event.mutable_start()->set_resumed_at_step(resumed_at_step);
  return event.SerializeAsString();
}

std::string MetricsEvent(int64_t step, const std::string& name, double value) {
  RunEvent event;
  event.set_time(2000 + step);
  event.mutable_metrics()->set_step(step);
  event.mutable_metrics()->add_names(name);
  event.mutable_metrics()->add_values(value);
  return event.SerializeAsString();
}

std::string FinishEvent(const std::string& status) {
  RunEvent event;
  event.set_time(9000);
  event.mutable_finish()->set_status(status);
  return event.SerializeAsString();
}

class IngestTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    folder_ = TestFolder();
    database_ = Connect();
    auto run_id = RegisterRun(*database_, folder_);
    ASSERT_TRUE(run_id.ok()) << run_id.status();
    run_id_ = *run_id;
  }

  std::unique_ptr<Database> Connect() {
    auto database =
        Database::Open(GetParam() ? folder_ + "/tracker.sqlite" : ":memory:",
                       OpenMode::kWrite);
    EXPECT_TRUE(database.ok() && Migrate(*database).ok()) << database.status();
    return std::make_unique<Database>(*std::move(database));
  }

  std::string LogPath() const { return folder_ + "/" + kRunLogName; }

  void Append(const std::vector<std::string>& records) {
    auto log = RunLog::Open(LogPath());
    ASSERT_TRUE(log.ok()) << log.status();
    ASSERT_OK(log->Append(records));
  }

  std::vector<std::string> Ingest() {
    auto warnings = IngestRunLog(*database_, run_id_, folder_);
    EXPECT_TRUE(warnings.ok()) << warnings.status();
    return warnings.ok() ? *warnings : std::vector<std::string>();
  }

  // Every row of a query as "a|b|c".
  std::vector<std::string> Rows(const std::string& sql, int columns) {
    auto select = database_->Prepare(sql);
    EXPECT_TRUE(select.ok()) << select.status();
    std::vector<std::string> rows;
    for (select->Query(); select->Next();) {
      std::string row = select->Text(0);
      for (int i = 1; i < columns; ++i) {
        absl::StrAppend(&row, "|", select->Text(i));
      }
      rows.push_back(row);
    }
    return rows;
  }

  std::vector<std::string> Points() {
    return Rows("SELECT name, step, value FROM metrics ORDER BY name, step", 3);
  }

  std::vector<std::string> Summaries() {
    return Rows(
        "SELECT name, points, last_step, last_value, min_step, min_value,"
        " max_step, max_value FROM series ORDER BY name",
        8);
  }

  std::string folder_;
  std::unique_ptr<Database> database_;
  int64_t run_id_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Places, IngestTest, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "OnDisk" : "InMemory";
                         });

TEST_P(IngestTest, BringsInEachEventOnceHoweverOftenItIsAsked) {
  Append({StartEvent(-1), MetricsEvent(1, "loss", 5)});
  EXPECT_THAT(Ingest(), IsEmpty());
  Ingest();
  Append({MetricsEvent(2, "loss", 4), FinishEvent("finished")});
  Ingest();
  Ingest();
  EXPECT_THAT(Points(), ElementsAre("loss|1|5.0", "loss|2|4.0"));
  EXPECT_THAT(Rows("SELECT run, status, started_at, ended_at, heartbeat_at,"
                   " last_step FROM runs",
                   6),
              ElementsAre("quick/1|finished|1000.0|9000.0|9000.0|2"));
  EXPECT_THAT(Rows("SELECT number FROM starts", 1), ElementsAre("1"));
}

TEST_P(IngestTest, SummariesFollowThePoints) {
  Append({StartEvent(-1), MetricsEvent(1, "loss", 5),
          MetricsEvent(2, "loss", 3), MetricsEvent(3, "loss", kNan),
          MetricsEvent(4, "loss", 4), MetricsEvent(1, "nan", kNan)});
  Ingest();
  Append({MetricsEvent(5, "loss", 3)});
  Ingest();
  EXPECT_THAT(Summaries(),
              ElementsAre("loss|5|5|3.0|2|3.0|1|5.0", "nan|1|1|||||"));
}

TEST_P(IngestTest, TheLastValueAtAStepHolds) {
  Append({StartEvent(-1), MetricsEvent(1, "loss", 9),
          MetricsEvent(2, "loss", 1), MetricsEvent(1, "loss", 5),
          MetricsEvent(2, "loss", 7)});
  Ingest();
  EXPECT_THAT(Points(), ElementsAre("loss|1|5.0", "loss|2|7.0"));
  EXPECT_THAT(Summaries(), ElementsAre("loss|2|2|7.0|1|5.0|2|7.0"));
}

TEST_P(IngestTest, AResumedRunReplacesWhatTheKilledOneDidAfterTheCheckpoint) {
  Append({StartEvent(-1), MetricsEvent(10, "loss", 5),
          MetricsEvent(20, "loss", 4), MetricsEvent(30, "loss", 1),
          MetricsEvent(30, "knn_top1", 50)});
  Ingest();
  Append({StartEvent(20), MetricsEvent(30, "loss", 3)});
  Ingest();
  EXPECT_THAT(Points(),
              ElementsAre("loss|10|5.0", "loss|20|4.0", "loss|30|3.0"));
  EXPECT_THAT(Summaries(), ElementsAre("loss|3|30|3.0|30|3.0|10|5.0"));
  EXPECT_THAT(Rows("SELECT number, resumed_at_step FROM starts", 2),
              ElementsAre("1|", "2|20"));
}

TEST_P(IngestTest, AFreshStartInTheSameFolderForgetsAllMetrics) {
  Append({StartEvent(-1), MetricsEvent(0, "loss", 5), StartEvent(-1),
          MetricsEvent(1, "knn_top1", 50)});
  Ingest();
  EXPECT_THAT(Points(), ElementsAre("knn_top1|1|50.0"));
}

TEST_P(IngestTest, DamageInTheMiddleIsNamedAndTheRestIsBroughtIn) {
  Append({StartEvent(-1), MetricsEvent(1, "loss", 5)});
  const size_t damaged = std::filesystem::file_size(LogPath());
  Append({MetricsEvent(2, "loss", 4)});
  Append({MetricsEvent(3, "loss", 3)});
  std::string bytes = ReadTestFile(LogPath());
  bytes[damaged + 15] ^= 1;
  WriteTestFile(LogPath(), bytes);
  const std::vector<std::string> warnings = Ingest();
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0], HasSubstr(LogPath()));
  EXPECT_THAT(warnings[0], HasSubstr(absl::StrCat("byte ", damaged)));
  EXPECT_THAT(Points(), ElementsAre("loss|1|5.0", "loss|3|3.0"));
  EXPECT_THAT(Rows("SELECT text FROM notes", 1), ElementsAre(warnings[0]));
  EXPECT_THAT(Ingest(), IsEmpty());
}

TEST_P(IngestTest, ARecordCutShortWaitsForItsEnd) {
  Append({StartEvent(-1), MetricsEvent(1, "loss", 5)});
  const std::string whole = ReadTestFile(LogPath());
  WriteTestFile(LogPath(), whole.substr(0, whole.size() - 1));
  Ingest();
  EXPECT_THAT(Points(), IsEmpty());
  WriteTestFile(LogPath(), whole);
  Ingest();
  EXPECT_THAT(Points(), ElementsAre("loss|1|5.0"));
}

TEST_P(IngestTest, ALogThatLostItsEndToAPowerCutIsFollowedAgain) {
  Append({StartEvent(-1), MetricsEvent(1, "loss", 5)});
  const size_t kept = std::filesystem::file_size(LogPath());
  Append({MetricsEvent(2, "loss", 4), MetricsEvent(3, "loss", 3)});
  Ingest();
  std::filesystem::resize_file(LogPath(), kept);
  ASSERT_OK(RewindTo(*database_, run_id_, kept));
  Append({StartEvent(1), MetricsEvent(2, "loss", 8)});
  Ingest();
  EXPECT_THAT(Points(), ElementsAre("loss|1|5.0", "loss|2|8.0"));
}

TEST_P(IngestTest, AnotherLogInTheSamePlaceIsReadFromItsBeginning) {
  Append({StartEvent(-1), MetricsEvent(1, "loss", 5)});
  Ingest();
  std::filesystem::remove(LogPath());
  Append({StartEvent(-1), MetricsEvent(7, "loss", 6)});
  Ingest();
  EXPECT_THAT(Points(), ElementsAre("loss|7|6.0"));
}

TEST_P(IngestTest, ARunTakenForDeadComesBackToLifeButAnEndedOneDoesNot) {
  Append({StartEvent(-1)});
  Ingest();
  ASSERT_OK(database_->Execute("UPDATE runs SET status='interrupted'"));
  Append({MetricsEvent(1, "loss", 5)});
  Ingest();
  EXPECT_THAT(Rows("SELECT status FROM runs", 1), ElementsAre("running"));
  Append({FinishEvent("interrupted")});
  Ingest();
  EXPECT_THAT(Rows("SELECT status FROM runs", 1), ElementsAre("interrupted"));
}

TEST_P(IngestTest, ALongLogComesInParts) {
  std::vector<std::string> records = {StartEvent(-1)};
  for (int step = 0; step < 100000; ++step) {
    records.push_back(MetricsEvent(step, "loss", step % 1000));
  }
  Append(records);
  Ingest();
  EXPECT_THAT(Summaries(),
              ElementsAre("loss|100000|99999|999.0|0|0.0|999|999.0"));
}

TEST(IngestAtOnceTest, SeveralProcessesBringInOneLogOnce) {
  const std::string folder = TestFolder();
  const std::string db = folder + "/tracker.sqlite";
  {
    ASSERT_OK_AND_ASSIGN(log, RunLog::Open(folder + "/" + kRunLogName));
    ASSERT_OK(log.Append({StartEvent(-1)}));
    RunEvent note;
    note.mutable_note()->set_text("once");
    for (int i = 0; i < 1000; ++i) {
      ASSERT_OK(log.Append({note.SerializeAsString()}));
    }
  }
  std::vector<absl::Status> statuses(6);
  std::vector<std::thread> threads;
  for (absl::Status& status : statuses) {
    threads.emplace_back([&] {
      auto database = Database::Open(db, OpenMode::kWrite);
      status = database.ok() ? Migrate(*database) : database.status();
      if (!status.ok()) return;
      const auto run_id = RegisterRun(*database, folder);
      status = run_id.ok() ? IngestRunLog(*database, *run_id, folder).status()
                           : run_id.status();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses)
    EXPECT_TRUE(status.ok()) << status;
  ASSERT_OK_AND_ASSIGN(database, Database::Open(db, OpenMode::kRead));
  EXPECT_EQ(*database.Integer("SELECT COUNT(*) FROM notes"), 1000);
  EXPECT_EQ(*database.Integer("SELECT COUNT(*) FROM starts"), 1);
  EXPECT_EQ(*database.Integer("SELECT COUNT(*) FROM runs"), 1);
}

}  // namespace
}  // namespace snclr
