// SPDX-License-Identifier: MIT
// A run for tests of the commands, small enough to be evaluated at once.
#ifndef EVAL_COMMAND_TESTING_H_
#define EVAL_COMMAND_TESTING_H_

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "absl/time/time.h"
#include "eval/subject.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "experiments/tracker/recorder.h"
#include "experiments/tracker/tracker.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

inline constexpr char kEvaluatedSpec[] = R"(
  name: "small"
  snclr { neighbors: 2 bank { rows: 64 } }
  encoder {
    image_size_px: 16
    vit { variant: VIT_CUSTOM width: 16 depth: 1 heads: 2 patch_size_px: 8 }
  }
  data {
    procedural { classes: 4 image_size_px: 16 }
    train_images: 60
    test_images: 30
    global_batch: 16
  }
  augmentation { eval { resize_ratio: 1 } }
  evaluation {
    knn { neighbors: 5 }
    linear { epochs: 20 rates: 3 }
    finetune { epochs: 2 warmup_epochs: 1 batch: 20 base_lr: 1e-3 }
  }
)";

// A folder `out_` with the run small/001 in it, three steps old.
class EvaluatedRunTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = std::string(::testing::TempDir()) + "/" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
    run_ = out_ + "/small/001";
    std::filesystem::remove_all(out_);
    std::filesystem::create_directories(run_);

    ExperimentSpec written;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kEvaluatedSpec,
                                                              &written));
    const auto spec = ResolveSpec(written, "test");
    ASSERT_TRUE(spec.ok()) << spec.status();
    spec_ = *spec;
    const auto encoder = MakeEncoder(spec_.encoder(), /*seed=*/1);
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    encoder_ = *encoder;
    ASSERT_TRUE(WriteStep(3).ok());
  }

  absl::StatusOr<CheckpointFile> WriteStep(int64_t step) {
    Checkpoint checkpoint;
    checkpoint.step = step;
    checkpoint.method = "snclr";
    checkpoint.spec = SpecToText(spec_);
    checkpoint.spec_hash = SpecHash(spec_);
    google::protobuf::TextFormat::PrintToString(spec_.encoder(),
                                                &checkpoint.encoder);
    for (const auto& item : encoder_->named_parameters()) {
      checkpoint.tensors["encoder." + item.key()] = item.value().detach();
    }
    return AddCheckpoint(checkpoint, run_, /*keep=*/5);
  }

  // Puts the run into the tracker of `out_`, finished.
  void Track() {
    RunInfo info;
    info.run = "small/001";
    info.folder = run_;
    info.name = "small";
    info.method = "snclr";
    info.spec_hash = SpecHash(spec_);
    auto recorder =
        StartRecorder(info, DefaultTrackerPath(out_), absl::Seconds(15));
    ASSERT_TRUE(recorder.ok()) << recorder.status();
    ASSERT_TRUE((*recorder)->Finish(RunStatus::kFinished, "").ok());
  }

  // What the tracker has of the run, by metric: the last value.
  std::map<std::string, double> Recorded() {
    std::map<std::string, double> values;
    const auto tracker = Tracker::Open(DefaultTrackerPath(out_));
    EXPECT_TRUE(tracker.ok()) << tracker.status();
    const auto names = (*tracker)->MetricNames();
    EXPECT_TRUE(names.ok()) << names.status();
    for (const std::string& name : *names) {
      const auto summary = (*tracker)->Metric(name);
      EXPECT_TRUE(summary.ok()) << summary.status();
      EXPECT_EQ(summary->begin()->second.last_step, 3) << name;
      values[name] = summary->begin()->second.last_value;
    }
    return values;
  }

  EvalCommand Command(const std::vector<std::string>& assignments = {}) const {
    return {"small/001", out_, "", assignments, ""};
  }

  std::string out_;
  std::string run_;
  ExperimentSpec spec_;
  std::shared_ptr<Encoder> encoder_;
  std::ostringstream printed_;
};

}  // namespace snclr

#endif  // EVAL_COMMAND_TESTING_H_
