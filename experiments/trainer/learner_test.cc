// SPDX-License-Identifier: MIT
#include "experiments/trainer/learner.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/full.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "experiments/trainer/pull_method.h"

namespace snclr {
namespace {

constexpr int64_t kStepsPerEpoch = 4;

ExperimentSpec Spec(int width = 8) {
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
         precision: FP32)",
      &spec));
  spec.mutable_encoder()->mutable_vit()->set_width(width);
  return spec;
}

class LearnerTest : public testing::Test {
 protected:
  std::unique_ptr<Learner> NewLearner(const ExperimentSpec& spec = Spec()) {
    auto learner = Learner::Create(
        spec,
        [](const ExperimentSpec&, std::shared_ptr<Encoder> encoder,
           ProcessGroup&) -> absl::StatusOr<std::unique_ptr<Method>> {
          return std::make_unique<PullMethod>(std::move(encoder),
                                              PullMethod::Trouble());
        },
        kStepsPerEpoch, group_);
    EXPECT_TRUE(learner.ok()) << learner.status();
    return *std::move(learner);
  }

  static void Steps(Learner& learner, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      learner.Step(RandomViews(learner.steps_done()));
    }
  }

  SingleProcess group_;
};

TEST_F(LearnerTest, CountsStepsAndFollowsTheSchedules) {
  const auto learner = NewLearner();
  EXPECT_EQ(learner->total_steps(), 8);
  const StepRecord first = learner->Step(RandomViews(0));
  EXPECT_EQ(first.step, 1);
  EXPECT_EQ(first.epoch, 0.25);
  EXPECT_EQ(first.learning_rate, 0.0);  // warm-up begins at zero
  EXPECT_GT(first.gradient_norm, 0.0);
  const StepRecord second = learner->Step(RandomViews(1));
  EXPECT_EQ(second.step, 2);
  EXPECT_DOUBLE_EQ(second.learning_rate, 0.01);
}

// The published order: the copy moves at the beginning of step s with m(s), so
// what a step leaves has moved with m(s + 1) towards the parameters just made.
TEST_F(LearnerTest, TheMomentumCopyIsReadyForTheNextStep) {
  const auto learner = NewLearner();
  Steps(*learner, 2);
  const at::Tensor copy =
      learner->method().MomentumParameters()[0].tensor.clone();
  learner->Step(RandomViews(2));
  const double m = learner->schedule().Momentum(3);
  EXPECT_NEAR(m, 1 - 0.5 * (1 + std::cos(M_PI * 0.75 / 2)) * 0.5, 1e-12);
  const at::Tensor trained =
      learner->method().TrainedParameters()[0].tensor.detach();
  EXPECT_TRUE(at::allclose(learner->method().MomentumParameters()[0].tensor,
                           copy * m + trained * (1 - m), 1e-6, 1e-7));
}

TEST_F(LearnerTest, ARestoredLearnerGoesOnBitForBit) {
  for (const OptimizerKind kind : {ADAMW, LARS, SGD}) {
    SCOPED_TRACE(OptimizerKind_Name(kind));
    ExperimentSpec spec = Spec();
    spec.mutable_optimizer()->set_kind(kind);
    spec.mutable_optimizer()->set_momentum(0.9);
    spec.mutable_optimizer()->set_trust_coefficient(0.1);
    const auto whole = NewLearner(spec);
    Steps(*whole, 6);

    const auto first = NewLearner(spec);
    Steps(*first, 3);
    Checkpoint checkpoint;
    checkpoint.encoder = first->method().encoder().spec().ShortDebugString();
    ASSERT_TRUE(first->Save(&checkpoint).ok());
    ExperimentSpec other_seed = spec;
    other_seed.set_seed(99);
    const auto second = NewLearner(other_seed);
    EXPECT_NE(second->WeightsChecksum(), first->WeightsChecksum());
    const absl::Status restored = second->Restore(checkpoint);
    ASSERT_TRUE(restored.ok()) << restored;
    EXPECT_EQ(second->steps_done(), 3);
    EXPECT_EQ(second->WeightsChecksum(), first->WeightsChecksum());
    Steps(*second, 3);
    EXPECT_EQ(second->WeightsChecksum(), whole->WeightsChecksum());
  }
}

TEST_F(LearnerTest, AnotherOptimizersCheckpointChangesNothing) {
  ExperimentSpec spec = Spec();
  spec.mutable_optimizer()->set_kind(SGD);
  spec.mutable_optimizer()->set_momentum(0.9);
  const auto other = NewLearner(spec);
  Checkpoint checkpoint;
  checkpoint.encoder = other->method().encoder().spec().ShortDebugString();
  ASSERT_TRUE(other->Save(&checkpoint).ok());
  const auto learner = NewLearner();
  const std::string before = learner->WeightsChecksum();
  EXPECT_TRUE(absl::IsFailedPrecondition(learner->Restore(checkpoint)));
  EXPECT_EQ(learner->WeightsChecksum(), before);
}

TEST_F(LearnerTest, AnotherEncodersOrMethodsCheckpointChangesNothing) {
  const auto learner = NewLearner();
  const std::string before = learner->WeightsChecksum();
  const auto wide = NewLearner(Spec(16));
  Checkpoint checkpoint;
  checkpoint.encoder = wide->method().encoder().spec().ShortDebugString();
  ASSERT_TRUE(wide->Save(&checkpoint).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(learner->Restore(checkpoint)));

  Checkpoint other;
  other.encoder = learner->method().encoder().spec().ShortDebugString();
  ASSERT_TRUE(learner->Save(&other).ok());
  other.method = "byol";
  EXPECT_TRUE(absl::IsFailedPrecondition(learner->Restore(other)));
  EXPECT_EQ(learner->WeightsChecksum(), before);
}

TEST_F(LearnerTest, OnlyATrainedFirstLayerHasAGradient) {
  EXPECT_FALSE(NewLearner()->Step(RandomViews(0)).first_gradient.defined());
  ExperimentSpec spec = Spec();
  spec.mutable_encoder()->mutable_vit()->set_freeze_patch_projection(false);
  const StepRecord record = NewLearner(spec)->Step(RandomViews(0));
  ASSERT_TRUE(record.first_gradient.defined());
  EXPECT_GT(record.first_gradient.item<double>(), 0.0);
  EXPECT_LT(record.first_gradient.item<double>(), record.gradient_norm);
}

TEST_F(LearnerTest, ClippingBoundsWhatTheOptimizerSees) {
  ExperimentSpec spec = Spec();
  spec.mutable_optimizer()->set_clip_gradient_norm(1e-3);
  const auto clipped = NewLearner(spec), whole = NewLearner();
  const double norm = clipped->Step(RandomViews(0)).gradient_norm;
  whole->Step(RandomViews(0));
  ASSERT_GT(norm, 1e-3);
  Checkpoint a, b;
  ASSERT_TRUE(clipped->Save(&a).ok() && whole->Save(&b).ok());
  const std::string name =
      "optimizer.exp_avg." + whole->method().TrainedParameters()[0].name;
  EXPECT_TRUE(at::allclose(a.tensors.at(name),
                           b.tensors.at(name) * (1e-3 / (norm + 1e-6)), 1e-5,
                           0));
}

TEST_F(LearnerTest, Bf16KeepsWeightsInFloatAndComesCloseToFp32) {
  ExperimentSpec spec = Spec();
  spec.set_precision(BF16);
  const auto half = NewLearner(spec), full = NewLearner();
  const StepRecord rounded = half->Step(RandomViews(0)),
                   exact = full->Step(RandomViews(0));
  EXPECT_NE(rounded.gradient_norm, exact.gradient_norm);
  // bfloat16 keeps 8 bits.
  EXPECT_NEAR(rounded.gradient_norm, exact.gradient_norm,
              0.05 * exact.gradient_norm);
  EXPECT_EQ(half->method().TrainedParameters()[0].tensor.scalar_type(),
            at::kFloat);
}

}  // namespace
}  // namespace snclr
