// SPDX-License-Identifier: MIT
// The pieces of fine-tuning, by hand, and the whole on drawn images.
#include "eval/finetune.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>

#include "absl/status/status.h"
#include "data/sources/open_source.h"
#include "eval/layer_groups.h"
#include "eval/mix.h"
#include "eval/mix_draw.h"
#include "snclr/core/base/random.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/module_tensors.h"

namespace snclr {
namespace {

at::Tensor Labels(const std::vector<int64_t>& labels) {
  return at::tensor(labels, at::kLong);
}

TEST(MixTargetsTest, AreTheWeightsByHand) {
  // Smoothing 0.1 over 4 classes: 0.025 everywhere, 0.925 for the label. Images
  // 0 and 2 are partners, image 1 is its own.
  const at::Tensor targets = MixTargets(Labels({0, 3, 1}), 4, 0.7, 0.1);
  const at::Tensor expected = at::tensor(
      {0.7 * 0.925 + 0.3 * 0.025, 0.7 * 0.025 + 0.3 * 0.925, 0.025, 0.025,  //
       0.025, 0.025, 0.025, 0.925,                                          //
       0.7 * 0.025 + 0.3 * 0.925, 0.7 * 0.925 + 0.3 * 0.025, 0.025, 0.025},
      at::kFloat);
  EXPECT_TRUE(at::allclose(targets.flatten(), expected));
}

TEST(MixTargetsTest, AreOneHotWithoutMixingAndSmoothing) {
  const at::Tensor targets = MixTargets(Labels({2, 0}), 3, 1, 0);
  EXPECT_TRUE(at::equal(
      targets, at::tensor({0, 0, 1, 1, 0, 0}, at::kFloat).view({2, 3})));
}

TEST(SoftCrossEntropyTest, IsTheCrossEntropyForOneHotTargets) {
  const at::Tensor logits = at::arange(12, at::kFloat).cos().view({4, 3});
  const at::Tensor labels = Labels({0, 2, 1, 1});
  EXPECT_NEAR(
      SoftCrossEntropy(logits, MixTargets(labels, 3, 1, 0)).item<double>(),
      at::cross_entropy_loss(logits, labels).item<double>(), 1e-6);
}

TEST(MixImagesTest, MixupWeighsImageAndPartner) {
  const at::Tensor images =
      at::arange(3, at::kFloat).view({3, 1, 1, 1}).expand({3, 3, 4, 4});
  Mix mix;
  mix.own = 0.75;
  const at::Tensor mixed = MixImages(images, mix);
  EXPECT_FLOAT_EQ(mixed[0][0][0][0].item<float>(), 0.5F);
  EXPECT_FLOAT_EQ(mixed[1][2][3][3].item<float>(), 1);
  EXPECT_FLOAT_EQ(mixed[2][1][2][0].item<float>(), 1.5F);
}

TEST(MixImagesTest, CutMixPastesTheBoxAndLeavesTheRest) {
  const at::Tensor images =
      at::arange(2, at::kFloat).view({2, 1, 1, 1}).expand({2, 3, 4, 4});
  Mix mix;
  mix.is_cutmix = true;
  mix.top = 1;
  mix.left = 2;
  mix.height = 3;
  mix.width = 2;
  mix.own = 1 - 6.0 / 16;
  const at::Tensor mixed = MixImages(images, mix);
  EXPECT_EQ(mixed.select(0, 0).sum().item<double>(), 3 * 6);
  EXPECT_EQ(mixed[0][0][1][2].item<double>(), 1);
  EXPECT_EQ(mixed[0][0][0][2].item<double>(), 0);
  EXPECT_EQ(mixed[1][0][3][3].item<double>(), 0);
  EXPECT_EQ(images.select(0, 0).sum().item<double>(), 0) << "untouched";
}

TEST(BetaQuantileTest, KnowsTheDistributionsThatHaveAFormula) {
  // Beta(1, 1) is uniform; Beta(1/2, 1/2) is the arcsine law.
  EXPECT_NEAR(BetaQuantile(1, 0.3), 0.3, 1e-12);
  EXPECT_NEAR(BetaQuantile(0.5, 0.3), std::pow(std::sin(M_PI * 0.15), 2),
              1e-12);
}

TEST(DrawMixTest, CutMixsWeightIsTheAreaThatIsLeft) {
  int64_t cut_off = 0;
  for (uint64_t step = 0; step < 200; ++step) {
    const Mix mix = DrawMix({0, 1, 0.5}, 32, Random(1, {kStreamMix, step}));
    ASSERT_TRUE(mix.is_cutmix);
    EXPECT_GE(mix.top, 0);
    EXPECT_LE(mix.top + mix.height, 32);
    EXPECT_LE(mix.left + mix.width, 32);
    EXPECT_DOUBLE_EQ(mix.own, 1 - mix.height * mix.width / 1024.0);
    cut_off += mix.height != mix.width;
  }
  EXPECT_GT(cut_off, 20) << "a box over the border loses a part";
}

TEST(DrawMixTest, EachKindComesAsOftenAsAsked) {
  int64_t cutmix = 0;
  double own = 0;
  for (uint64_t step = 0; step < 2000; ++step) {
    const Mix mix = DrawMix({0.8, 1, 0.25}, 32, Random(7, {kStreamMix, step}));
    cutmix += mix.is_cutmix;
    if (!mix.is_cutmix) own += mix.own;
  }
  // Five deviations of a binomial, 19, and of Beta(0.8, 0.8)'s mean.
  EXPECT_NEAR(cutmix, 500, 97);
  EXPECT_NEAR(own / static_cast<double>(2000 - cutmix), 0.5, 0.04);
}

TEST(DrawMixTest, WithBothOffNothingIsMixed) {
  EXPECT_EQ(DrawMix({0, 0, 0.5}, 32, Random(1, {kStreamMix})).own, 1);
}

EncoderSpec SmallVit() {
  EncoderSpec spec;
  spec.set_image_size_px(16);
  VitSpec& vit = *spec.mutable_vit();
  vit.set_variant(VIT_CUSTOM);
  vit.set_patch_size_px(4);
  vit.set_width(32);
  vit.set_depth(2);
  vit.set_heads(2);
  vit.set_mlp_ratio(2);
  vit.set_freeze_patch_projection(true);
  return spec;
}

TEST(LayerGroupsTest, LearningRatesFallFromTheHeadDown) {
  const auto encoder = MakeEncoder(SmallVit(), 1);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  for (at::Tensor& parameter : (*encoder)->parameters()) {
    parameter.set_requires_grad(true);
  }
  NamedTensors parameters = TrainedParameters(**encoder, "encoder");
  parameters.push_back({"head.weight", at::zeros({4, 32})});
  parameters.push_back({"head.bias", at::zeros({4})});
  std::map<std::string, double> scale;
  std::map<std::string, bool> decays;
  for (const LayerGroup& group : LayerGroups(parameters, 0.5)) {
    EXPECT_FALSE(group.parameters.empty());
    for (const NamedTensor& parameter : group.parameters) {
      EXPECT_EQ(scale.count(parameter.name), 0u);
      scale[parameter.name] = group.lr_scale;
      decays[parameter.name] = group.decays;
    }
  }
  EXPECT_EQ(scale.size(), parameters.size());
  // Two blocks: stem 0.5^3, block 0 0.5^2, block 1 0.5, norm and head 1.
  EXPECT_EQ(scale["encoder.patch_embed.proj.weight"], 0.125);
  EXPECT_EQ(scale["encoder.cls_token"], 0.125);
  EXPECT_EQ(scale["encoder.pos_embed"], 0.125);
  EXPECT_EQ(scale["encoder.blocks.0.attn.qkv.weight"], 0.25);
  EXPECT_EQ(scale["encoder.blocks.1.norm2.bias"], 0.5);
  EXPECT_EQ(scale["encoder.norm.weight"], 1);
  EXPECT_EQ(scale["head.weight"], 1);
  EXPECT_TRUE(decays["encoder.patch_embed.proj.weight"]);
  EXPECT_TRUE(decays["head.weight"]);
  for (const char* name : {"encoder.cls_token", "encoder.pos_embed",
                           "encoder.blocks.0.norm1.weight", "head.bias"}) {
    EXPECT_FALSE(decays[name]) << name;
  }
}

TEST(LayerOfTest, KnowsResidualNetworksToo) {
  EXPECT_EQ(LayerOf("encoder.conv1.weight", 4), 0);
  EXPECT_EQ(LayerOf("encoder.bn1.bias", 4), 0);
  EXPECT_EQ(LayerOf("encoder.layer3.0.conv1.weight", 4), 3);
  EXPECT_EQ(LayerOf("head.weight", 4), 5);
}

DataSpec DrawnImages() {
  DataSpec spec;
  spec.mutable_procedural()->set_seed(1);
  spec.mutable_procedural()->set_classes(4);
  spec.mutable_procedural()->set_image_size_px(16);
  spec.set_train_images(80);
  spec.set_test_images(40);
  return spec;
}

class FinetuneTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto data = OpenLabelledData(DrawnImages());
    ASSERT_TRUE(data.ok()) << data.status();
    data_ = *std::move(data);
    options_.spec.set_epochs(3);
    options_.spec.set_warmup_epochs(1);
    options_.spec.set_batch(32);
    options_.spec.set_base_lr(1e-2);
    options_.spec.set_weight_decay(0.05);
    options_.spec.set_layer_decay(0.9);
    options_.spec.set_repeats(1);
    options_.spec.mutable_view()->mutable_crop()->set_min_area(0.6);
    options_.spec.mutable_view()->mutable_crop()->set_max_area(1);
    options_.spec.mutable_view()->mutable_crop()->set_min_aspect(0.75);
    options_.spec.mutable_view()->mutable_crop()->set_max_aspect(1.25);
    options_.views.mutable_eval()->set_resize_ratio(1);
    for (ChannelsSpec* channels :
         {options_.views.mutable_normalize()->mutable_mean(),
          options_.views.mutable_normalize()->mutable_std()}) {
      channels->set_red(0.5);
      channels->set_green(0.5);
      channels->set_blue(0.5);
    }
    options_.loading.batch = 64;
  }

  absl::StatusOr<FinetuneResult> Run(std::vector<double>* losses = nullptr) {
    const auto encoder = MakeEncoder(SmallVit(), 1);
    EXPECT_TRUE(encoder.ok()) << encoder.status();
    auto result =
        Finetune(**encoder, data_, options_, [&](const FinetuneStep& step) {
          if (losses) losses->push_back(step.loss);
          return stop_at_ == step.step ? absl::CancelledError("enough")
                                       : absl::OkStatus();
        });
    encoder_ = *encoder;
    return result;
  }

  LabelledData data_;
  FinetuneOptions options_;
  std::shared_ptr<Encoder> encoder_;
  int64_t stop_at_ = -1;
};

TEST_F(FinetuneTest, IsTheSameEveryTime) {
  options_.spec.set_mixup_alpha(0.8);
  options_.spec.set_cutmix_alpha(1);
  options_.spec.set_cutmix_probability(0.5);
  options_.spec.set_label_smoothing(0.1);
  options_.spec.set_drop_path(0.3);
  options_.spec.set_repeats(3);
  RandAugmentSpec& augment =
      *options_.spec.mutable_view()->mutable_rand_augment();
  augment.set_operations(2);
  augment.set_probability(0.5);
  augment.set_magnitude(9);
  EraseSpec& erase = *options_.spec.mutable_view()->mutable_erase();
  erase.set_probability(0.5);
  erase.set_min_area(0.02);
  erase.set_max_area(0.3);
  erase.set_min_aspect(0.5);
  erase.set_max_aspect(2);
  std::vector<double> first, second;
  const auto a = Run(&first);
  const at::Tensor weight = encoder_->first_weight().detach().clone();
  const auto b = Run(&second);
  ASSERT_TRUE(a.ok()) << a.status();
  ASSERT_TRUE(b.ok()) << b.status();
  EXPECT_EQ(first, second);
  EXPECT_EQ(first.size(), 6u) << "3 epochs of floor(80 / 32) steps";
  EXPECT_EQ(a->top1, b->top1);
  EXPECT_TRUE(at::equal(weight, encoder_->first_weight().detach()));
  EXPECT_EQ(a->test_images, 40);
}

// So few images can be learnt by heart; what is asked for are they themselves.
TEST_F(FinetuneTest, BeginsAtTheLossOfChanceAndLearnsItsImages) {
  auto train = OpenSource(DrawnImages(), Split::kTrain);
  ASSERT_TRUE(train.ok()) << train.status();
  data_.test = *std::move(train);
  options_.spec.set_epochs(60);
  std::vector<double> losses;
  const auto result = Run(&losses);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(losses[0], std::log(4.0), 0.2);
  EXPECT_LT(result->loss, 0.7 * losses[0]);
  EXPECT_GT(result->top1, 60) << "chance is 25";
}

TEST_F(FinetuneTest, DropPathChangesTrainingAndEachStepDrawsAnew) {
  std::vector<double> plain, dropped;
  ASSERT_TRUE(Run(&plain).ok());
  options_.spec.set_drop_path(0.5);
  const auto result = Run(&dropped);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->drop_path, 0.5);
  EXPECT_NE(plain[0], dropped[0]);
  EXPECT_NEAR(plain[0], dropped[0], 0.2) << "both at chance";
}

TEST_F(FinetuneTest, TrainsWhatPretrainingHadFrozen) {
  const auto before = *MakeEncoder(SmallVit(), 1);
  ASSERT_TRUE(Run().ok());
  EXPECT_FALSE(at::equal(encoder_->first_weight().detach(),
                         before->first_weight().detach()));
}

TEST_F(FinetuneTest, ABatchIsNoLargerThanTheDataSet) {
  options_.spec.set_batch(1024);
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->batch, 80);
  EXPECT_EQ(result->steps, 3);
}

TEST_F(FinetuneTest, StopsWhereItIsAskedTo) {
  stop_at_ = 2;
  EXPECT_EQ(Run().status(), absl::CancelledError("enough"));
}

TEST_F(FinetuneTest, ALossThatIsNoNumberStopsItWithTheStep) {
  options_.spec.set_base_lr(1e30);
  options_.spec.set_warmup_epochs(0);
  const auto result = Run();
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
  EXPECT_NE(result.status().message().find("the loss of step 2"),
            std::string::npos)
      << result.status();
}

}  // namespace
}  // namespace snclr
