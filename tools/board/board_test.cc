// SPDX-License-Identifier: MIT
#include "tools/board/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/recorder.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class BoardTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = TestFolder();
    // No heartbeat during a test: each would be a change.
    auto recorder = StartRecorder(TestRun(out_, "quick", "1"),
                                  DefaultTrackerPath(out_), absl::Hours(1));
    ASSERT_TRUE(recorder.ok()) << recorder.status();
    recorder_ = *std::move(recorder);
    recorder_->Metrics(1, 0.1, {{"loss", 3.5}});
    AwaitStep(1);
  }

  // A recorder writes behind its caller's back.
  void AwaitStep(int64_t step) {
    for (int i = 0; i < 3000; ++i) {
      ASSERT_OK_AND_ASSIGN(tracker, Tracker::Open(DefaultTrackerPath(out_)));
      ASSERT_OK_AND_ASSIGN(runs, tracker->Runs());
      if (runs.size() == 1 && runs[0].last_step == step) return;
      absl::SleepFor(absl::Milliseconds(10));
    }
    FAIL() << "step " << step << " did not reach the tracker";
  }

  BoardOptions Options() const {
    BoardOptions options;
    options.report.db_path = DefaultTrackerPath(out_);
    options.refresh = absl::ZeroDuration();
    return options;
  }

  std::string out_;
  std::unique_ptr<Recorder> recorder_;
};

TEST_F(BoardTest, ServesThePageAndWhatRunsNow) {
  ASSERT_OK_AND_ASSIGN(board, Board::Start(Options()));
  httplib::Client client(board->address());
  const auto page = client.Get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_THAT(page->body, HasSubstr("connect-src 'self'"));
  EXPECT_THAT(page->body, HasSubstr("id=\"data\">null</script>"));

  const auto report = client.Get("/api/report");
  ASSERT_TRUE(report);
  const Json data = Json::parse(report->body);
  ASSERT_EQ(data["runs"].size(), 1u);
  EXPECT_EQ(data["runs"][0]["status"], "running");
  EXPECT_EQ(data["runs"][0]["metrics"]["loss"], 3.5);
}

TEST_F(BoardTest, SaysNothingAgainUntilSomethingChanges) {
  ASSERT_OK_AND_ASSIGN(board, Board::Start(Options()));
  httplib::Client client(board->address());
  const auto first = client.Get("/api/report");
  ASSERT_TRUE(first);
  const httplib::Headers known = {
      {"If-None-Match", first->get_header_value("ETag")}};
  const auto again = client.Get("/api/report", known);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status, 304);
  EXPECT_TRUE(again->body.empty());

  recorder_->Metrics(2, 0.2, {{"loss", 2.5}});
  ASSERT_OK(recorder_->Finish(RunStatus::kFinished, ""));
  // The board rests for a moment between two looks at the tracker.
  auto after = client.Get("/api/report", known);
  for (int i = 0; i < 1000 && after && after->status == 304; ++i) {
    absl::SleepFor(absl::Milliseconds(20));
    after = client.Get("/api/report", known);
  }
  ASSERT_TRUE(after);
  ASSERT_EQ(after->status, 200);
  const Json data = Json::parse(after->body);
  EXPECT_EQ(data["runs"][0]["status"], "finished");
  EXPECT_EQ(data["runs"][0]["metrics"]["loss"], 2.5);
}

TEST_F(BoardTest, AnswersSeveralReadersWhileARunIsWritten) {
  ASSERT_OK_AND_ASSIGN(board, Board::Start(Options()));
  std::vector<std::thread> readers;
  std::atomic<int> good = 0;
  for (int reader = 0; reader < 8; ++reader) {
    readers.emplace_back([&] {
      httplib::Client client(board->address());
      for (int i = 0; i < 5; ++i) {
        const auto report = client.Get("/api/report");
        if (report && report->status == 200 && Json::accept(report->body)) {
          ++good;
        }
      }
    });
  }
  for (int step = 2; step < 200; ++step) {
    recorder_->Metrics(step, 0.1 * step, {{"loss", 1.0 / step}});
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(good, 40);
}

TEST_F(BoardTest, AnswersNobodyWhoCallsItByAnotherName) {
  ASSERT_OK_AND_ASSIGN(board, Board::Start(Options()));
  httplib::Client client(board->address());
  const auto answer = client.Get("/api/report", {{"Host", "attacker.example"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 403);
  const auto local = client.Get(
      "/api/report", {{"Host", absl::StrCat("localhost:", board->port())}});
  ASSERT_TRUE(local);
  EXPECT_EQ(local->status, 200);
}

TEST_F(BoardTest, APortThatIsTakenAndAMissingDatabaseAreErrors) {
  ASSERT_OK_AND_ASSIGN(board, Board::Start(Options()));
  BoardOptions options = Options();
  options.port = board->port();
  EXPECT_EQ(Board::Start(options).status().code(),
            absl::StatusCode::kAlreadyExists);
  options.port = 0;
  options.report.db_path = out_ + "/nothing.sqlite";
  EXPECT_EQ(Board::Start(options).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BoardTest, ShowsWhyWhenTheTrackerGoesAway) {
  ASSERT_OK_AND_ASSIGN(board, Board::Start(Options()));
  recorder_.reset();
  std::filesystem::remove_all(out_);
  httplib::Client client(board->address());
  auto answer = client.Get("/api/report");
  for (int i = 0; i < 1000 && answer && answer->status == 200; ++i) {
    absl::SleepFor(absl::Milliseconds(20));
    answer = client.Get("/api/report");
  }
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(answer->body, HasSubstr("tracker.sqlite"));
}

}  // namespace
}  // namespace snclr
