// SPDX-License-Identifier: MIT
#include "experiments/trainer/initial_weights.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/pull_method.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

EncoderSpec SmallVit(int width = 16) {
  EncoderSpec spec;
  spec.set_image_size_px(8);
  VitSpec& vit = *spec.mutable_vit();
  vit.set_variant(VIT_CUSTOM);
  vit.set_patch_size_px(4);
  vit.set_width(width);
  vit.set_depth(1);
  vit.set_heads(2);
  vit.set_mlp_ratio(2);
  vit.set_positions(FIXED_SIN_COS);
  vit.set_freeze_patch_projection(false);
  return spec;
}

class InitialWeightsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    saved_ = *MakeEncoder(SmallVit(), /*seed=*/5);
    Checkpoint checkpoint;
    checkpoint.encoder = SmallVit().ShortDebugString();
    for (const auto& item : saved_->named_parameters()) {
      checkpoint.tensors["encoder." + item.key()] = item.value().detach();
    }
    const std::string path =
        absl::StrCat(::testing::TempDir(), "/initial.safetensors");
    ASSERT_TRUE(WriteCheckpoint(checkpoint, path).ok());
    spec_.mutable_initial_weights()->set_file(path);
    spec_.set_seed(9);
    *spec_.mutable_encoder() = SmallVit();
  }

  void ExpectSaved(const Encoder& encoder) {
    for (const auto& item : saved_->named_parameters()) {
      EXPECT_TRUE(
          at::equal(encoder.named_parameters()[item.key()], item.value()))
          << item.key();
    }
  }

  std::shared_ptr<Encoder> saved_;
  ExperimentSpec spec_;
};

TEST_F(InitialWeightsTest, AreCopiedAndWhatIsFrozenIsTheSpecs) {
  spec_.mutable_encoder()->mutable_vit()->set_freeze_patch_projection(true);
  const auto encoder = *MakeEncoder(spec_.encoder(), spec_.seed());
  ASSERT_FALSE(at::equal(encoder->first_weight(), saved_->first_weight()));
  const absl::Status status = LoadInitialWeights(spec_, *encoder);
  ASSERT_TRUE(status.ok()) << status;
  ExpectSaved(*encoder);
  EXPECT_FALSE(encoder->first_weight().requires_grad());
}

TEST_F(InitialWeightsTest, WithoutThemTheSeedsWeightsStay) {
  spec_.clear_initial_weights();
  const auto encoder = *MakeEncoder(spec_.encoder(), spec_.seed());
  const at::Tensor before = encoder->first_weight().detach().clone();
  ASSERT_TRUE(LoadInitialWeights(spec_, *encoder).ok());
  EXPECT_TRUE(at::equal(encoder->first_weight().detach(), before));
}

TEST_F(InitialWeightsTest, AnotherEncodersAreRefusedWithTheField) {
  const auto encoder = *MakeEncoder(SmallVit(/*width=*/32), 1);
  const absl::Status status = LoadInitialWeights(spec_, *encoder);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("initial_weights.file"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("encoder.vit.width: 16 -> 32"));
}

TEST_F(InitialWeightsTest, TheMomentumEncoderBeginsEqual) {
  spec_.mutable_data()->set_global_batch(2);
  spec_.mutable_schedule()->set_epochs(1);
  spec_.mutable_optimizer()->set_kind(SGD);
  SingleProcess group;
  const auto learner = Learner::Create(
      spec_,
      [](const ExperimentSpec&, std::shared_ptr<Encoder> encoder,
         ProcessGroup&) -> absl::StatusOr<std::unique_ptr<Method>> {
        return std::make_unique<PullMethod>(std::move(encoder),
                                            PullMethod::Trouble());
      },
      /*steps_per_epoch=*/1, group);
  ASSERT_TRUE(learner.ok()) << learner.status();
  ExpectSaved((*learner)->method().encoder());
  for (const auto& [name, tensor] : (*learner)->method().MomentumParameters()) {
    const std::string own =
        name.substr(std::string("momentum.encoder.").size());
    EXPECT_TRUE(at::equal(tensor, saved_->named_parameters()[own])) << name;
  }
}

}  // namespace
}  // namespace snclr
