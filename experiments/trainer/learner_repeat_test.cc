// SPDX-License-Identifier: MIT
// Steps that are repeated instead of called, as a CUDA graph does, and steps in
// float16, both on the CPU.
#include <ATen/ops/equal.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "experiments/trainer/learner.h"
#include "experiments/trainer/pull_method.h"
#include "experiments/trainer/step_runner.h"

namespace snclr {
namespace {

constexpr int64_t kStepsPerEpoch = 4;

ExperimentSpec Spec(OptimizerKind kind = ADAMW, Precision precision = FP32) {
  ExperimentSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(seed: 3
         encoder { image_size_px: 8
                   vit { variant: VIT_CUSTOM width: 8 depth: 1 heads: 2
                         patch_size_px: 4 mlp_ratio: 2
                         freeze_patch_projection: false } }
         data { global_batch: 4 }
         optimizer { base_lr: 0.01 lr_scaling: NO_SCALING weight_decay: 0.1
                     decay_all: true beta1: 0.9 beta2: 0.999 epsilon: 1e-8
                     momentum: 0.9 trust_coefficient: 0.1
                     clip_gradient_norm: 1e-3 }
         schedule { epochs: 3 warmup_epochs: 0.5 }
         momentum { start: 0.5 schedule: COSINE_TO_ONE })",
      &spec));
  spec.mutable_optimizer()->set_kind(kind);
  spec.set_precision(precision);
  return spec;
}

// Also where float16 has overflowed.
bool Same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

// What a graph is to the learner: after three calls it keeps the next step, and
// makes that one from then on.
class RepeatingRunner final : public StepRunner {
 public:
  void Run(const std::function<void()>& step) override {
    if (++steps_ <= 3) return step();
    if (!kept_) kept_ = step;
    kept_();
  }
  bool repeats() const override { return true; }

 private:
  int64_t steps_ = 0;
  std::function<void()> kept_;
};

// Notes where its inputs lie.
class Spy final : public Method {
 public:
  Spy(std::unique_ptr<Method> method, std::set<const void*>* places)
      : method_(std::move(method)), places_(places) {}

  std::string name() const override { return method_->name(); }
  StepOutput Forward(const Views& views) override {
    places_->insert(views.view1.const_data_ptr());
    places_->insert(views.view2.const_data_ptr());
    return method_->Forward(views);
  }
  NamedTensors TrainedParameters() override {
    return method_->TrainedParameters();
  }
  NamedTensors MomentumParameters() override {
    return method_->MomentumParameters();
  }
  NamedTensors State() override { return method_->State(); }
  Encoder& encoder() override { return method_->encoder(); }
  LossBand InitialLossBand(int64_t batch, int64_t ranks) const override {
    return method_->InitialLossBand(batch, ranks);
  }

 private:
  const std::unique_ptr<Method> method_;
  std::set<const void*>* const places_;
};

class LearnerRepeatTest : public testing::Test {
 protected:
  std::unique_ptr<Learner> NewLearner(const ExperimentSpec& spec, bool repeats,
                                      PullMethod::Trouble trouble = {}) {
    auto learner = Learner::Create(
        spec,
        [&](const ExperimentSpec&, std::shared_ptr<Encoder> encoder,
            ProcessGroup&) -> absl::StatusOr<std::unique_ptr<Method>> {
          return std::make_unique<Spy>(
              std::make_unique<PullMethod>(std::move(encoder), trouble),
              &places_);
        },
        kStepsPerEpoch, group_);
    EXPECT_TRUE(learner.ok()) << learner.status();
    if (repeats) (*learner)->Use(std::make_unique<RepeatingRunner>());
    return *std::move(learner);
  }

  static Checkpoint Saved(Learner& learner) {
    Checkpoint checkpoint;
    checkpoint.encoder = learner.method().encoder().spec().ShortDebugString();
    EXPECT_TRUE(learner.Save(&checkpoint).ok());
    for (auto& [name, tensor] : checkpoint.tensors) tensor = tensor.clone();
    return checkpoint;
  }

  static double Metric(const StepRecord& record, const std::string& name) {
    for (const auto& [other, tensor] : record.output.metrics) {
      if (other == name) return tensor.item<double>();
    }
    ADD_FAILURE() << "no metric " << name;
    return 0;
  }

  SingleProcess group_;
  std::set<const void*> places_;
};

TEST_F(LearnerRepeatTest, RepeatedStepsAreThoseThatAreCalledBitForBit) {
  for (const OptimizerKind kind : {ADAMW, LARS, SGD}) {
    for (const Precision precision : {FP32, BF16, FP16}) {
      SCOPED_TRACE(OptimizerKind_Name(kind) + Precision_Name(precision));
      const ExperimentSpec spec = Spec(kind, precision);
      const auto called = NewLearner(spec, false);
      const auto repeated = NewLearner(spec, true);
      for (int64_t i = 0; i < 8; ++i) {
        const StepRecord a = called->Step(RandomViews(i));
        const StepRecord b = repeated->Step(RandomViews(i));
        EXPECT_EQ(a.step, b.step);
        EXPECT_EQ(a.learning_rate, b.learning_rate);
        EXPECT_EQ(a.momentum, b.momentum);
        EXPECT_TRUE(Same(a.gradient_norm, b.gradient_norm));
        EXPECT_EQ(a.output.loss.item<double>(), b.output.loss.item<double>());
        EXPECT_TRUE(Same(a.first_gradient.item<double>(),
                         b.first_gradient.item<double>()));
        EXPECT_TRUE(at::equal(a.output.features, b.output.features));
      }
      EXPECT_EQ(called->WeightsChecksum(), repeated->WeightsChecksum());
    }
  }
}

TEST_F(LearnerRepeatTest, RepeatedStepsReadTheirViewsFromTheSameMemory) {
  const auto learner = NewLearner(Spec(), true);
  std::vector<Views> all;  // so that none's memory is used again
  for (int64_t i = 0; i < 6; ++i) {
    all.push_back(RandomViews(i));
    learner->Step(all.back());
  }
  EXPECT_EQ(places_.size(), 2u);
  for (const Views& views : all) {
    EXPECT_EQ(places_.count(views.view1.const_data_ptr()), 0u);
  }
}

TEST_F(LearnerRepeatTest, WhatIsRestoredIsWhatRepeatedStepsGoOnFrom) {
  for (const Precision precision : {FP32, FP16}) {
    SCOPED_TRACE(Precision_Name(precision));
    const ExperimentSpec spec = Spec(ADAMW, precision);
    const auto whole = NewLearner(spec, true);
    for (int64_t i = 0; i < 5; ++i) whole->Step(RandomViews(i));
    const Checkpoint checkpoint = Saved(*whole);
    for (int64_t i = 5; i < 9; ++i) whole->Step(RandomViews(i));

    // Its steps are repeated already when it gets the checkpoint.
    ExperimentSpec other_seed = spec;
    other_seed.set_seed(99);
    const auto second = NewLearner(other_seed, true);
    for (int64_t i = 0; i < 7; ++i) second->Step(RandomViews(i + 50));
    const absl::Status restored = second->Restore(checkpoint);
    ASSERT_TRUE(restored.ok()) << restored;
    EXPECT_EQ(second->steps_done(), 5);
    for (int64_t i = 5; i < 9; ++i) second->Step(RandomViews(i));
    EXPECT_EQ(second->WeightsChecksum(), whole->WeightsChecksum());
  }
}

TEST_F(LearnerRepeatTest, Fp16ComesCloseToFp32) {
  const auto half = NewLearner(Spec(ADAMW, FP16), false);
  const auto full = NewLearner(Spec(), false);
  const StepRecord rounded = half->Step(RandomViews(0)),
                   exact = full->Step(RandomViews(0));
  EXPECT_NE(rounded.gradient_norm, exact.gradient_norm);
  // float16 keeps 11 bits; the norm is that of the loss as it was.
  EXPECT_NEAR(rounded.gradient_norm, exact.gradient_norm,
              0.01 * exact.gradient_norm);
  EXPECT_NEAR(rounded.first_gradient.item<double>(),
              exact.first_gradient.item<double>(),
              0.01 * exact.first_gradient.item<double>());
  EXPECT_NEAR(rounded.output.loss.item<double>(),
              exact.output.loss.item<double>(), 0.01);
  EXPECT_EQ(Metric(rounded, "loss_scale"), 65536);
  EXPECT_EQ(Metric(rounded, "skipped_steps"), 0);
}

TEST_F(LearnerRepeatTest, AnOverflowInFp16ChangesNoWeight) {
  for (const bool repeats : {false, true}) {
    const auto learner =
        NewLearner(Spec(ADAMW, FP16), repeats,
                   {{6, [](at::Tensor& loss) { loss = loss * 1e30; }}});
    // The first scale may be too large for a step or two.
    StepRecord newest;
    for (int64_t i = 0; i < 5; ++i) newest = learner->Step(RandomViews(i));
    const double scale = Metric(newest, "loss_scale"),
                 overflows = Metric(newest, "skipped_steps");
    const Checkpoint before = Saved(*learner);
    const StepRecord skipped = learner->Step(RandomViews(5));
    EXPECT_TRUE(std::isfinite(skipped.output.loss.item<double>()));
    EXPECT_FALSE(std::isfinite(skipped.gradient_norm));
    EXPECT_EQ(Metric(skipped, "loss_scale"), scale / 2);
    EXPECT_EQ(Metric(skipped, "skipped_steps"), overflows + 1);
    EXPECT_EQ(learner->steps_done(), 6);
    const Checkpoint after = Saved(*learner);
    for (const auto& [name, tensor] : before.tensors) {
      if (name == "steps" || name == "optimizer.loss_scale") continue;
      EXPECT_TRUE(at::equal(tensor, after.tensors.at(name))) << name;
    }
    const auto taken = after.tensors.at("optimizer.step").item<int64_t>();
    EXPECT_EQ(taken, 5 - overflows);
    const StepRecord good = learner->Step(RandomViews(6));
    EXPECT_TRUE(std::isfinite(good.gradient_norm));
    EXPECT_EQ(Saved(*learner).tensors.at("optimizer.step").item<int64_t>(),
              taken + 1);
    EXPECT_TRUE(learner->CheckFinite().ok());
  }
}

}  // namespace
}  // namespace snclr
