// SPDX-License-Identifier: MIT
// What a later process measured on a run's checkpoint is compared like what the
// run measured itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "experiments/tracker/record_evaluation.h"
#include "experiments/tracker/tracker.h"
#include "experiments/tracker/tracker_testing.h"
#include "tools/compare/compare.h"

namespace snclr {
namespace {

TEST(CompareEvaluationsTest, ShowsALaterEvaluationBesideTheRunsOwnMetrics) {
  const std::string out = TestFolder();
  const std::string db = DefaultTrackerPath(out);
  const RunInfo info = TestRun(out, "quick", "001");
  auto recorder = StartRecorder(info, db, absl::Seconds(15));
  ASSERT_TRUE(recorder.ok()) << recorder.status();
  (*recorder)->Metrics(20, 2, {{"knn_top1", 60}});
  ASSERT_OK((*recorder)->Finish(RunStatus::kFinished, ""));
  ASSERT_OK(RecordEvaluation(db, {info.folder,
                                  info.spec_hash,
                                  20,
                                  {{"linear_top1", 71.5},
                                   {"transfer/flowers/linear_top1", 80}},
                                  ""})
                .status());

  CompareOptions options;
  options.db_path = db;
  options.metrics = {"knn_top1,linear_top1,transfer/flowers/linear_top1"};
  options.value = "last";
  options.format = "json";
  std::ostringstream shown, notes;
  ASSERT_OK(RunCompare(options, shown, notes));
  const auto rows = nlohmann::json::parse(shown.str());
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["knn_top1"], 60);
  EXPECT_EQ(rows[0]["linear_top1"], 71.5);
  EXPECT_EQ(rows[0]["transfer/flowers/linear_top1"], 80);
}

}  // namespace
}  // namespace snclr
