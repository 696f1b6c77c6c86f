// SPDX-License-Identifier: MIT
// The online probe beside a method: it changes nothing, and survives.
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "data/source.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/pull_method.h"

namespace snclr {
namespace {

constexpr int64_t kStepsPerEpoch = 4;

ExperimentSpec Spec(bool with_probe) {
  ExperimentSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(seed: 3
         encoder { image_size_px: 8
                   vit { variant: VIT_CUSTOM depth: 1 heads: 2 patch_size_px: 4
                         mlp_ratio: 2 freeze_patch_projection: true } }
         data { global_batch: 4 }
         optimizer { kind: ADAMW base_lr: 0.01 lr_scaling: NO_SCALING weight_decay: 0.1
                     decay_all: true beta1: 0.9 beta2: 0.999 epsilon: 1e-8 }
         schedule { epochs: 2 warmup_epochs: 0.25 }
         momentum { start: 0.5 schedule: COSINE_TO_ONE }
         precision: FP32
         evaluation { online_probe { learning_rate: 0.1 } })",
      &spec));
  spec.mutable_encoder()->mutable_vit()->set_width(8);
  spec.mutable_evaluation()->mutable_online_probe()->set_enabled(with_probe);
  return spec;
}

class LearnerProbeTest : public testing::Test {
 protected:
  std::unique_ptr<Learner> NewLearner(bool with_probe) {
    auto learner = Learner::Create(
        Spec(with_probe),
        [](const ExperimentSpec&, std::shared_ptr<Encoder> encoder,
           ProcessGroup&) -> absl::StatusOr<std::unique_ptr<Method>> {
          return std::make_unique<PullMethod>(std::move(encoder),
                                              PullMethod::Trouble());
        },
        kStepsPerEpoch, group_);
    EXPECT_TRUE(learner.ok()) << learner.status();
    (*learner)->AddOnlineProbe(/*classes=*/2);
    return *std::move(learner);
  }

  // Makes steps; returns online_top1 of each, where there is one.
  static std::vector<double> Steps(Learner& learner, int64_t count) {
    std::vector<double> top1;
    for (int64_t i = 0; i < count; ++i) {
      StepRecord record = learner.Step(RandomViews(learner.steps_done()));
      const std::vector<int64_t> labels = {0, 1, 1, kUnlabelled};
      learner.Probe(at::tensor(labels, at::kLong), &record);
      for (const auto& [name, tensor] : record.output.metrics) {
        if (name == "online_top1") top1.push_back(tensor.item<double>());
      }
    }
    return top1;
  }

  SingleProcess group_;
};

TEST_F(LearnerProbeTest, TheMethodsWeightsAreTheSameWithItBitForBit) {
  const auto with = NewLearner(true);
  const auto without = NewLearner(false);
  EXPECT_EQ(Steps(*with, 6).size(), 6u);
  EXPECT_TRUE(Steps(*without, 6).empty());
  EXPECT_EQ(with->WeightsChecksum(), without->WeightsChecksum());
}

TEST_F(LearnerProbeTest, ARestoredProbeGoesOnBitForBit) {
  const auto whole = NewLearner(true);
  const std::vector<double> all = Steps(*whole, 6);

  const auto first = NewLearner(true);
  Steps(*first, 3);
  Checkpoint checkpoint;
  checkpoint.encoder = first->method().encoder().spec().ShortDebugString();
  ASSERT_TRUE(first->Save(&checkpoint).ok());
  const auto second = NewLearner(true);
  ASSERT_TRUE(second->Restore(checkpoint).ok());
  const std::vector<double> rest = Steps(*second, 3);
  EXPECT_EQ(rest, std::vector<double>(all.begin() + 3, all.end()));

  Checkpoint at_whole, at_second;
  ASSERT_TRUE(whole->Save(&at_whole).ok());
  ASSERT_TRUE(second->Save(&at_second).ok());
  for (const char* name : {"weight", "momentum", "steps", "top1"}) {
    const std::string full = std::string("online_probe.") + name;
    ASSERT_EQ(at_whole.tensors.count(full), 1u) << full;
    EXPECT_TRUE(
        at::equal(at_whole.tensors.at(full), at_second.tensors.at(full)))
        << full;
  }
}

}  // namespace
}  // namespace snclr
