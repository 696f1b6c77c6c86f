// SPDX-License-Identifier: MIT
#include "experiments/trainer/snapshots.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "data/testing/test_source.h"
#include "experiments/proto/spec.h"
#include "experiments/registry/methods.h"
#include "experiments/trainer/trainer.h"

namespace snclr {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;

constexpr int kNeighbors = 3;
constexpr int kPictures = 12;

// 3 epochs of 5 steps.
ExperimentSpec TinySpec(double every_epochs) {
  ExperimentSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(name: "tiny"
         snclr { neighbors: 3 bank { rows: 16 } }
         encoder { image_size_px: 16
                   vit { variant: VIT_CUSTOM width: 8 depth: 1 heads: 2
                         patch_size_px: 8 mlp_ratio: 2 } }
         projector { hidden_dim: 16 output_dim: 8 }
         predictor { hidden_dim: 16 output_dim: 8 }
         data { procedural { classes: 2 image_size_px: 16 }
                train_images: 40 test_images: 10 global_batch: 8 workers: 1 }
         schedule { epochs: 3 warmup_epochs: 1 }
         evaluation { knn { every_epochs: 0 } batch: 5 }
         tracking { snapshots { map_images: 12 images: 2 } })",
      &spec));
  spec.mutable_tracking()->mutable_snapshots()->set_every_epochs(every_epochs);
  const auto resolved = ResolveSpec(spec, "tiny");
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return *resolved;
}

TrainResult TrainTiny(const std::string& out, double every_epochs) {
  const std::string folder = testing::TempDir() + "/snapshots_" + out;
  std::filesystem::remove_all(folder);
  TrainOptions options;
  options.out = folder;
  options.db = folder + "/tracker.sqlite";
  options.source_folder = "/";
  options.screen = std::tmpfile();
  const auto result =
      Train(TinySpec(every_epochs), options, RegisteredMethods().at("snclr"));
  std::fclose(options.screen);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : TrainResult();
}

Json ReadJson(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return Json::parse(file, nullptr, /*allow_exceptions=*/false);
}

TEST(SpreadOverClassesTest, GivesEachClassItsShareAndSpreadsItOverTheClass) {
  EXPECT_THAT(SpreadOverClasses(TestSource({10, 10}), 4),
              ElementsAre(0, 5, 10, 15));
  // What a class of one lacks, the others have.
  EXPECT_THAT(SpreadOverClasses(TestSource({1, 9, 9}), 5),
              ElementsAre(0, 1, 5, 10, 14));
  EXPECT_THAT(SpreadOverClasses(TestSource({1, 2}), 9), ElementsAre(0, 1, 2));
  EXPECT_THAT(SpreadOverClasses(TestSource::Unlabelled(6), 2),
              ElementsAre(0, 3));
}

TEST(SnapshotsTest, LeaveTheRunAsItIsToTheLastBit) {
  const TrainResult without = TrainTiny("without", 0);
  const TrainResult with = TrainTiny("with", 1);
  EXPECT_EQ(without.weights, with.weights);
  EXPECT_FALSE(std::filesystem::exists(without.folder + "/snapshots"));
  std::set<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(with.folder + "/snapshots")) {
    names.insert(file.path().filename());
  }
  EXPECT_THAT(names,
              ElementsAre("00000000.json", "00000005.json", "00000010.json",
                          "00000015.json", "images.jpg", "images.json"));
}

TEST(SnapshotsTest, RecordPicturesMapAndNeighbors) {
  const std::string folder = TrainTiny("content", 3).folder + "/snapshots";
  const Json images = ReadJson(folder + "/images.json");
  EXPECT_EQ(images["names"].size(), kPictures);
  EXPECT_EQ(images["labels"].size(), kPictures);
  EXPECT_EQ(images["classes"].size(), 2u);
  EXPECT_EQ(images["samples"], Json({0, 6}));

  const Json last = ReadJson(folder + "/00000015.json");
  EXPECT_EQ(last["step"], 15);
  EXPECT_EQ(last["epoch"], 3.0);
  EXPECT_EQ(last["map"]["x"].size(), kPictures);
  EXPECT_EQ(last["map"]["y"].size(), kPictures);
  EXPECT_GE(last["map"]["shares"][0], last["map"]["shares"][1]);
  ASSERT_EQ(last["neighbors"].size(), 2u);
  for (const Json& sample : last["neighbors"]) {
    const auto index = sample["index"].get<std::set<int>>();
    EXPECT_EQ(index.size(), kNeighbors);
    EXPECT_EQ(index.count(sample["picture"].get<int>()), 0u);
    double sum = 0;
    for (const double weight : sample["positiveness"]) sum += weight;
    EXPECT_NEAR(sum, 1, 1e-3);  // COSINE, rounded to 4 digits
    const auto similarity = sample["similarity"].get<std::vector<double>>();
    EXPECT_TRUE(std::is_sorted(similarity.rbegin(), similarity.rend()));
  }
}

TEST(SnapshotsTest, AreDueAtMultiplesOfTheirEpochs) {
  const TestSource source({10});
  const auto snapshots = Snapshots::Create(TinySpec(0.5), source, "/nowhere");
  ASSERT_NE(snapshots, nullptr);
  EXPECT_FALSE(snapshots->IsDue(0, 0.4));
  EXPECT_TRUE(snapshots->IsDue(0.4, 0.6));
  EXPECT_TRUE(snapshots->IsDue(0.9, 1.0));
  EXPECT_FALSE(snapshots->IsDue(1.0, 1.1));
  EXPECT_EQ(Snapshots::Create(TinySpec(0), source, "/nowhere"), nullptr);
}

}  // namespace
}  // namespace snclr
