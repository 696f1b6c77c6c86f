// SPDX-License-Identifier: MIT
#include "tools/report/report_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/tracker/recorder.h"
#include "experiments/tracker/tracker_testing.h"
#include "tools/report/page.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class ReportDataTest : public ::testing::Test {
 protected:
  void SetUp() override { out_ = TestFolder(); }

  // A run whose k-NN accuracies are `top1`, one an epoch.
  void AddRun(const std::string& id, const std::string& neighbors,
              uint64_t seed, const std::vector<double>& top1,
              RunStatus status = RunStatus::kFinished,
              const std::string& name = "quick") {
    RunInfo info = TestRun(out_, name, id);
    info.seed = seed;
    info.parameters = {{"seed", absl::StrCat(seed)},
                       {"snclr.neighbors", neighbors},
                       {"tracking.every_steps", id}};
    auto recorder =
        StartRecorder(info, DefaultTrackerPath(out_), absl::Seconds(15));
    ASSERT_TRUE(recorder.ok()) << recorder.status();
    for (size_t i = 0; i < top1.size(); ++i) {
      (*recorder)->Metrics(10 * i, i, {{"knn_top1", top1[i]}});
    }
    (*recorder)->Note(1, "the watch saw " + name);
    (*recorder)->Artifact("checkpoint", info.folder + "/c.safetensors", 7, "0");
    ASSERT_OK((*recorder)->Finish(
        status, status == RunStatus::kFailed ? "the loss is no number" : ""));
  }

  Json Data(ReportOptions options = {}) {
    options.db_path = DefaultTrackerPath(out_);
    const auto tracker = Tracker::Open(options.db_path);
    EXPECT_TRUE(tracker.ok()) << tracker.status();
    const auto data = MakeReportData(**tracker, options, absl::Now());
    EXPECT_TRUE(data.ok()) << data.status();
    return data.ok() ? *data : Json();
  }

  std::string out_;
};

TEST_F(ReportDataTest, HasGroupsCurvesAblationsAndEveryRun) {
  AddRun("1", "1", 1, {10, 50});
  AddRun("2", "1", 2, {10, 52});
  AddRun("3", "5", 1, {10, 60});
  AddRun("4", "5", 2, {10, 62});
  AddRun("5", "5", 3, {10}, RunStatus::kFailed);
  const Json data = Data();
  EXPECT_EQ(data["group_by"], Json({"snclr.neighbors"}));
  ASSERT_EQ(data["groups"].size(), 2u);
  const Json& five = data["groups"][1];
  EXPECT_EQ(five["label"], "neighbors=5");
  EXPECT_EQ(five["runs"], Json({2, 3}));
  EXPECT_EQ(five["left_out"], Json({4}));
  EXPECT_EQ(five["metrics"][0]["mean"], 61.0);
  EXPECT_EQ(five["metrics"][0]["difference"]["mean"], 10.0);
  EXPECT_EQ(data["baseline"], 0);
  EXPECT_EQ(data["drawn"], Json({1, 0}));  // the best one first

  ASSERT_EQ(data["curves"].size(), 1u);
  EXPECT_EQ(data["curves"][0]["x"], "epoch");
  EXPECT_EQ(data["curves"][0]["lines"].size(), 5u);
  EXPECT_EQ(data["curves"][0]["lines"][2]["counted"], false);
  EXPECT_EQ(data["curves"][0]["groups"].size(), 2u);
  EXPECT_EQ(data["curves"][0]["recorded"], 9);

  ASSERT_EQ(data["ablations"].size(), 1u);
  EXPECT_EQ(data["ablations"][0]["values"], Json({"1", "5"}));

  ASSERT_EQ(data["runs"].size(), 5u);
  const Json& failed = data["runs"][4];
  EXPECT_EQ(failed["status"], "failed");
  EXPECT_EQ(failed["reason"], "the loss is no number");
  EXPECT_EQ(failed["artifacts"][0]["path"], "c.safetensors");
  EXPECT_EQ(failed["notes"].size(), 1u);
  const Json& first = data["runs"][0];
  ASSERT_EQ(first["difference"].size(), 1u);  // tracking.* is none
  EXPECT_EQ(first["difference"][0]["path"], "snclr.neighbors");
  EXPECT_EQ(first["difference"][0]["common"], "5");
}

TEST_F(ReportDataTest, TakesTheBaselineThatIsNamed) {
  AddRun("1", "1", 1, {50});
  AddRun("2", "5", 1, {60});
  ReportOptions options;
  options.baseline = "snclr.neighbors=5";
  EXPECT_EQ(Data(options)["baseline"], 1);
  options.db_path = DefaultTrackerPath(out_);
  options.baseline = "snclr.neighbors=7";
  const auto tracker = Tracker::Open(options.db_path);
  const auto data = MakeReportData(**tracker, options, absl::Now());
  EXPECT_EQ(data.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(data.status().message(), HasSubstr("--baseline"));
}

TEST_F(ReportDataTest, NumbersThatAreNoneAreNull) {
  AddRun("1", "1", 1, {std::nan(""), std::numeric_limits<double>::infinity()});
  const Json data = Json::parse(JsonForScript(Data()));
  EXPECT_TRUE(data["groups"][0]["metrics"][0]["mean"].is_null());
  EXPECT_TRUE(data["curves"][0]["lines"][0]["y"][0].is_null());
}

TEST_F(ReportDataTest, HostileTextsCannotEndTheScriptThatHoldsThem) {
  AddRun("1", "1", 1, {50, 60}, RunStatus::kFinished,
         "</script><script>alert(1)</script>\xff");
  const Json data = Data();
  const std::string page = ReportPage(data);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003cscript>alert(1)"));
  EXPECT_THAT(page, HasSubstr("\xef\xbf\xbd"));  // what is no UTF-8
}

TEST_F(ReportDataTest, ThinsLongCurvesAndSaysSo) {
  std::vector<double> top1(2000);
  for (size_t i = 0; i < top1.size(); ++i) top1[i] = std::sin(0.01 * i);
  AddRun("1", "1", 1, top1);
  const Json data = Data();
  EXPECT_EQ(data["curves"][0]["recorded"], 2000);
  EXPECT_LE(data["curves"][0]["shown"], 500);
  EXPECT_EQ(data["curves"][0]["shown"],
            data["curves"][0]["lines"][0]["x"].size());
}

TEST_F(ReportDataTest, SaysHowManyGroupsSnapshotsAreNotShown) {
  for (int i = 1; i <= 8; ++i) {
    const std::string id = absl::StrCat(i);
    AddRun(id, id, 1, {10.0 * i});
    const std::string folder =
        TestRun(out_, "quick", id).folder + "/snapshots/";
    if (i == 3) continue;  // recorded none
    std::filesystem::create_directories(folder);
    WriteTestFile(folder + "images.jpg", "a picture");
    WriteTestFile(folder + "images.json",
                  R"({"tile_px": 8, "columns": 2, "classes": ["a"],
                      "labels": [0, 0, 0], "names": ["x", "y", "z"],
                      "samples": [0]})");
    WriteTestFile(folder + "00000001.json",
                  R"({"step": 1, "epoch": 1, "neighbors": [],
                      "map": {"x": [0, 1, 2], "y": [0, 1, 0],
                              "shares": [0.6, 0.3]}})");
    if (i == 6) EXPECT_EQ(Data()["snapshots_left_out"], 0) << "five fit";
  }
  const Json data = Data();
  EXPECT_EQ(data["snapshots"].size(), 6u) << data["warnings"];
  EXPECT_EQ(data["snapshots_left_out"], 1);
}

TEST_F(ReportDataTest, OfNoRunsIsAnAnswerToo) {
  AddRun("1", "1", 1, {50});
  ReportOptions options;
  options.where = {"name=other"};
  const Json data = Data(options);
  EXPECT_TRUE(data["runs"].empty());
  EXPECT_EQ(data["answer"], "There are no runs.");
}

}  // namespace
}  // namespace snclr
