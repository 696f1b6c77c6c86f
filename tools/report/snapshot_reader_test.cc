// SPDX-License-Identifier: MIT
#include "tools/report/snapshot_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "absl/strings/str_format.h"
#include "experiments/tracker/tracker_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr size_t kEnough = 1 << 20;

Json Images() {
  return {{"tile_px", 48},          {"columns", 2},
          {"classes", {"a", "b"}},  {"names", {"one", "two", "three", "four"}},
          {"labels", {0, 0, 1, 1}}, {"samples", {0}}};
}

Json Snapshot(int step) {
  return {
      {"step", step},
      {"epoch", step / 10.0},
      {"map",
       {{"x", {1, 0, -1, 0}}, {"y", {0, 2, 0, -2}}, {"shares", {0.5, 0.2}}}},
      {"neighbors",
       {{{"picture", 0},
         {"index", {1, 3}},
         {"similarity", {0.9, 0.1}},
         {"positiveness", {0.7, 0.3}}}}}};
}

class SnapshotReaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    run_ = TestFolder();
    std::filesystem::create_directories(run_ + "/snapshots");
    WriteTestFile(run_ + "/snapshots/images.jpg", "a picture");
    Write("images", Images());
  }
  void Write(const std::string& name, const Json& json) {
    WriteTestFile(run_ + "/snapshots/" + name + ".json", json.dump());
  }
  void WriteStep(int step) {
    Write(absl::StrFormat("%08d", step), Snapshot(step));
  }
  std::string run_;
};

TEST_F(SnapshotReaderTest, ReadsFramesByStepAndEmbedsTheSheet) {
  for (const int step : {20, 0, 10}) WriteStep(step);
  const auto read = ReadSnapshots(run_, 24, kEnough);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ((*read)["frames"].size(), 3u);
  EXPECT_EQ((*read)["frames"][1]["step"], 10);
  EXPECT_EQ((*read)["frames"][1]["neighbors"][0]["index"], Json({1, 3}));
  EXPECT_EQ((*read)["sheet"], "data:image/jpeg;base64,YSBwaWN0dXJl");
}

TEST_F(SnapshotReaderTest, TakesFirstAndLastOfMany) {
  for (int step = 0; step < 100; ++step) WriteStep(step);
  const auto read = ReadSnapshots(run_, 5, kEnough);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ((*read)["frames"].size(), 5u);
  EXPECT_EQ((*read)["frames"][0]["step"], 0);
  EXPECT_EQ((*read)["frames"][4]["step"], 99);
  EXPECT_EQ((*read)["frames_taken"], 100);
}

TEST_F(SnapshotReaderTest, NamesTheFileThatIsDamaged) {
  WriteStep(0);
  Json bad = Snapshot(1);
  bad["neighbors"][0]["index"] = {1, 4};  // of four pictures
  Write("00000001", bad);
  const auto read = ReadSnapshots(run_, 24, kEnough);
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(read.status().message(), HasSubstr("00000001.json"));
  WriteTestFile(run_ + "/snapshots/00000001.json", "{\"step\": 1, \"ep");
  EXPECT_EQ(ReadSnapshots(run_, 24, kEnough).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SnapshotReaderTest, RefusesASheetThatIsTooLargeAndSaysWhereThereIsNone) {
  WriteStep(0);
  EXPECT_EQ(ReadSnapshots(run_, 24, 3).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadSnapshots("/nowhere", 24, kEnough).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(AlignToTest, UndoesATurnAndAMirroring) {
  const MapPlaces before = {{2, -1, 0, -1}, {1, 1, -3, 1}};
  for (const bool mirrored : {false, true}) {
    MapPlaces map;
    const double angle = 2.1;
    for (size_t i = 0; i < before.x.size(); ++i) {
      const double y = mirrored ? -before.y[i] : before.y[i];
      map.x.push_back(std::cos(angle) * before.x[i] - std::sin(angle) * y);
      map.y.push_back(std::sin(angle) * before.x[i] + std::cos(angle) * y);
    }
    AlignTo(before, &map);
    for (size_t i = 0; i < before.x.size(); ++i) {
      EXPECT_NEAR(map.x[i], before.x[i], 1e-12) << mirrored;
      EXPECT_NEAR(map.y[i], before.y[i], 1e-12) << mirrored;
    }
  }
}

TEST(AlignToTest, LeavesAMapOfOnePointAlone) {
  MapPlaces map = {{0, 0, 0}, {0, 0, 0}};
  AlignTo({{1, 2, 3}, {1, 2, 3}}, &map);
  EXPECT_EQ(map.x[2], 0);
}

}  // namespace
}  // namespace snclr
