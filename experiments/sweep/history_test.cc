// SPDX-License-Identifier: MIT
#include "experiments/sweep/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "experiments/proto/spec.h"
#include "experiments/sweep/sweep_testing.h"
#include "experiments/tracker/recorder.h"
#include "experiments/trainer/run_folder.h"

namespace snclr {
namespace {

class HistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto file = ReadSweepFile(WriteSweep(
        folder_,
        "name: \"n\" question: \"q\" base: \"tiny.textproto\" seeds: 2"));
    ASSERT_TRUE(file.ok()) << file.status();
    auto list = MakeTrials(*file, {});
    ASSERT_TRUE(list.ok()) << list.status();
    trials_ = list->trials;
    options_.out = folder_ + "/out";
    options_.db = folder_ + "/out/tracker.sqlite";
  }

  // A run of trial `i` as the trainer leaves one; without `recorded` the
  // tracker knows nothing of it.
  std::string MakeRun(size_t i, std::optional<RunStatus> status, int64_t step,
                      bool recorded = true) {
    auto folder = RunFolder::Open(trials_[i].spec, options_.out, "never");
    EXPECT_TRUE(folder.ok()) << folder.status();
    if (recorded) {
      RunInfo info;
      info.run = folder->run();
      info.folder = folder->path();
      info.name = "n";
      info.spec_hash = trials_[i].hash;
      auto recorder = StartRecorder(info, options_.db, absl::Seconds(15));
      EXPECT_TRUE(recorder.ok()) << recorder.status();
      (*recorder)->Metrics(step, 1, {{"loss", 2.5}, {"knn_top1", 40}});
      if (status) EXPECT_TRUE((*recorder)->Finish(*status, "why").ok());
    }
    if (status == RunStatus::kFinished) {
      EXPECT_TRUE(folder->MarkEnded({RunEnd::Kind::kFinished, step, ""}).ok());
    }
    return folder->path();
  }

  History Look() {
    auto history = LookUp(trials_, options_);
    EXPECT_TRUE(history.ok()) << history.status();
    return *std::move(history);
  }

  const std::string folder_ = TestFolder();
  std::vector<Trial> trials_;
  HistoryOptions options_;
};

TEST_F(HistoryTest, WithoutATrackerEverythingIsNew) {
  const History history = Look();
  ASSERT_EQ(history.states.size(), 2u);
  EXPECT_EQ(history.states[0].status, TrialStatus::kNew);
  EXPECT_EQ(history.tracker, nullptr);
  EXPECT_FALSE(std::filesystem::exists(options_.db)) << "looking makes nothing";
}

TEST_F(HistoryTest, AFinishedRunOfTheSameSpecCountsWhoeverMadeIt) {
  MakeRun(1, RunStatus::kStopped, 30);
  MakeRun(1, RunStatus::kFinished, 24);
  MakeRun(1, RunStatus::kFailed, 40);
  const History history = Look();
  EXPECT_EQ(history.states[0].status, TrialStatus::kNew);
  EXPECT_EQ(history.states[1].status, TrialStatus::kFinished);
  EXPECT_EQ(history.states[1].run, "n/002");
  EXPECT_EQ(ReadNumbers(*history.tracker, history.states[1].run_id).knn_top1,
            40);
}

TEST_F(HistoryTest, TheRunThatGotFurthestIsResumed) {
  MakeRun(0, RunStatus::kStopped, 10);
  const std::string furthest = MakeRun(0, std::nullopt, 20);
  MakeRun(0, RunStatus::kFailed, 15);
  const TrialState state = Look().states[0];
  EXPECT_EQ(state.status, TrialStatus::kUnfinished);
  EXPECT_EQ(state.folder, furthest);
  EXPECT_EQ(state.step, 20);
}

TEST_F(HistoryTest, ALiveProcessIsLeftAlone) {
  const auto folder = RunFolder::Open(trials_[0].spec, options_.out, "never");
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(Look().states[0].status, TrialStatus::kRunning)
      << "it holds its folder; the tracker knows nothing yet";
}

TEST_F(HistoryTest, AResultWhoseFolderIsGoneCountsUnlessAskedOtherwise) {
  std::filesystem::remove_all(MakeRun(0, RunStatus::kFinished, 24));
  EXPECT_EQ(Look().states[0].status, TrialStatus::kFinished);
  EXPECT_TRUE(Look().states[0].folder_gone);
  options_.rerun_missing = true;
  EXPECT_EQ(Look().states[0].status, TrialStatus::kNew);
}

TEST_F(HistoryTest, AnUnfinishedRunWhoseFolderIsGoneBeginsAnew) {
  std::filesystem::remove_all(MakeRun(0, RunStatus::kStopped, 10));
  EXPECT_EQ(Look().states[0].status, TrialStatus::kNew);
}

TEST_F(HistoryTest, AFolderThatTheTrackerNeverKnewIsResumed) {
  const std::string path = MakeRun(0, std::nullopt, 0, /*recorded=*/false);
  const TrialState state = Look().states[0];
  EXPECT_EQ(state.status, TrialStatus::kUnfinished);
  EXPECT_EQ(state.folder, path);
  EXPECT_EQ(state.run, "n/001");
}

TEST_F(HistoryTest, RunsOfALostDatabaseAreBroughtBack) {
  MakeRun(0, RunStatus::kFinished, 24);
  for (const char* end : {"", "-wal", "-shm"}) {
    std::filesystem::remove(options_.db + end);
  }
  options_.adopt = false;
  EXPECT_EQ(Look().states[0].status, TrialStatus::kFinished);
  EXPECT_EQ(Look().states[0].run_id, -1);
  options_.adopt = true;
  const History history = Look();
  ASSERT_GE(history.states[0].run_id, 0);
  EXPECT_EQ(ReadNumbers(*history.tracker, history.states[0].run_id).loss, 2.5);
}

}  // namespace
}  // namespace snclr
