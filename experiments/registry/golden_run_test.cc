// SPDX-License-Identifier: MIT
// A short run of every method on the drawn task, against what such a run gave
// when it was recorded. A mistake that no formula's test sees (views, order of
// a step, schedules, a bank that is fed wrongly) moves the curve or the
// accuracy out of these bands; other machines' rounding does not.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "experiments/proto/spec.h"
#include "experiments/registry/methods.h"
#include "experiments/tracker/tracker.h"
#include "experiments/trainer/trainer.h"

namespace snclr {
namespace {

// Relative, of an epoch's mean loss; and points of accuracy, on 500 images.
constexpr double kLossTolerance = 0.02;
constexpr double kAccuracyTolerance = 6;

struct Recorded {
  std::string method;
  std::vector<double> epoch_losses;  // means
  double knn_top1;                   // percent
};

// On an x86-64 with AVX-512, one thread, LibTorch 2.6.
const Recorded kRecorded[] = {
    {"snclr", {8.5135, 8.4331, 8.4187, 8.3353, 8.1650, 8.1144}, 28.0},
    {"moco_v3", {2.8224, 2.7899, 2.7429, 2.6173, 2.5299, 2.4912}, 34.6},
    {"nnclr", {3.5047, 3.4795, 3.3479, 3.1322, 2.9442, 2.8618}, 37.6},
};

// Small batches, a momentum encoder and a bank that change fast: as much as can
// be learnt in a minute.
std::vector<std::string> Shortened(const std::string& method) {
  std::vector<std::string> assignments = {
      "schedule.epochs=6",          "momentum.start=0.9",
      "data.train_images=2000",     "data.test_images=500",
      "data.global_batch=32",       "data.workers=1",
      "parallelism.threads=1",      "tracking.every_steps=1",
      "tracking.tensorboard=false", "evaluation.knn.every_epochs=6"};
  if (method == "snclr") assignments.push_back("snclr.bank.rows=512");
  return assignments;
}

class GoldenRunTest : public testing::TestWithParam<Recorded> {
 protected:
  GoldenRunTest()
      : out_(testing::TempDir() + "/golden_" + GetParam().method),
        database_(out_ + "/tracker.sqlite"),
        screen_(std::tmpfile()) {
    std::filesystem::remove_all(out_);
  }
  ~GoldenRunTest() override { std::fclose(screen_); }

  absl::StatusOr<TrainResult> Run() {
    const auto spec = LoadSpec(
        "experiments/specs/procedural_" + GetParam().method + ".textproto",
        Shortened(GetParam().method));
    if (!spec.ok()) return spec.status();
    TrainOptions options;
    options.out = out_;
    options.db = database_;
    options.source_folder = "/";
    options.screen = screen_;
    return Train(*spec, options, RegisteredMethods().at(GetParam().method));
  }

  // The mean of each epoch's losses.
  std::vector<double> EpochLosses() const {
    const auto tracker = Tracker::Open(database_);
    EXPECT_TRUE(tracker.ok()) << tracker.status();
    const auto runs = (*tracker)->Runs();
    EXPECT_TRUE(runs.ok() && runs->size() == 1);
    const auto points = (*tracker)->Series(runs->front().id, "loss");
    EXPECT_TRUE(points.ok()) << points.status();
    std::map<int64_t, std::pair<double, int64_t>> sums;  // by epoch
    for (const MetricPoint& point : *points) {
      // A step's epoch is what is done with it: the last one of epoch 0 is 1.
      auto& [sum, count] = sums[static_cast<int64_t>(point.epoch - 1e-6)];
      sum += point.value;
      ++count;
    }
    std::vector<double> means;
    for (const auto& [epoch, sum] : sums) {
      means.push_back(sum.first / static_cast<double>(sum.second));
    }
    return means;
  }

  const std::string out_;
  const std::string database_;
  std::FILE* const screen_;
};

TEST_P(GoldenRunTest, CurveAndAccuracyAreTheRecordedOnes) {
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->finished);
  const std::vector<double> losses = EpochLosses();
  const double accuracy = result->results.at("knn_top1");
  const double untrained = result->results.at("knn_top1_untrained");
  const std::vector<double>& wanted = GetParam().epoch_losses;
  ASSERT_EQ(losses.size(), wanted.size());
  for (size_t epoch = 0; epoch < wanted.size(); ++epoch) {
    EXPECT_NEAR(losses[epoch], wanted[epoch], kLossTolerance * wanted[epoch])
        << "epoch " << epoch + 1;
  }
  EXPECT_NEAR(accuracy, GetParam().knn_top1, kAccuracyTolerance);
  EXPECT_GT(accuracy, untrained) << "nothing was learnt";
}

INSTANTIATE_TEST_SUITE_P(Methods, GoldenRunTest, testing::ValuesIn(kRecorded),
                         [](const auto& info) { return info.param.method; });

TEST(GoldenRunsTest, EveryRegisteredMethodHasOne) {
  std::map<std::string, int> runs;
  for (const Recorded& recorded : kRecorded) ++runs[recorded.method];
  for (const auto& [method, factory] : RegisteredMethods()) {
    EXPECT_EQ(runs[method], 1) << method;
  }
}

}  // namespace
}  // namespace snclr
