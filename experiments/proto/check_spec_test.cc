// SPDX-License-Identifier: MIT
#include "experiments/proto/check_spec.h"

#include <gtest/gtest.h>

#include "experiments/proto/assignment.h"
#include "experiments/proto/dependent_defaults.h"
#include "experiments/proto/field_rules.h"

namespace snclr {
namespace {

// What is wrong with a good spec after these assignments.
std::string Check(const std::vector<std::string>& assignments) {
  ExperimentSpec spec;
  Places places("s");
  Problems problems;
  for (const char* good : {"name=n", "snclr={}", "data.procedural={}"}) {
    Places unplaced("");
    ApplyAssignment(good, &spec, &unplaced, &problems);
  }
  for (const std::string& assignment : assignments) {
    ApplyAssignment(assignment, &spec, &places, &problems);
  }
  FillDefaults(&spec, &problems);
  FillDependentDefaults(&spec);
  CheckSpec(spec, places, &problems);
  return std::string(problems.status().message());
}

TEST(CheckSpecTest, AcceptsTheDefaults) { EXPECT_EQ(Check({}), ""); }

TEST(CheckSpecTest, ANameIsSafeAsAFolder) {
  EXPECT_EQ(Check({"name=ViT-s_16.k5"}), "");
  for (const char* name : {"a/b", "..", "-x", "a b", "\xC3\xA4"}) {
    EXPECT_EQ(Check({std::string("name=") + name}),
              std::string("--set=name=") + name + ": name: '" + name +
                  "' must begin with a letter or digit and have only letters, "
                  "digits, '_', '-' and '.'");
  }
  EXPECT_EQ(Check({"name=" + std::string(128, 'a')}), "");
  EXPECT_NE(Check({"name=" + std::string(129, 'a')}), "");
}

TEST(CheckSpecTest, WantsAMethodAndASource) {
  ExperimentSpec spec;
  spec.mutable_data();
  spec.set_name("n");
  Problems problems;
  FillDefaults(&spec, &problems);
  FillDependentDefaults(&spec);
  CheckSpec(spec, Places("s"), &problems);
  const std::string message(problems.status().message());
  EXPECT_EQ(message.substr(0, message.find('\n'))
                .rfind("s: no method; set one of ", 0),
            0);
  EXPECT_NE(
      message.find("\ns: data: no source; set one of image_folder, cifar, "
                   "webdataset, procedural"),
      std::string::npos)
      << message;
}

TEST(CheckSpecTest, IsSilentAboutAMethodThatWasMisspelt) {
  ExperimentSpec spec;
  spec.set_name("n");
  spec.mutable_data()->mutable_procedural();
  Places places("s");
  places.Set("snclr", "s:1:1");
  Problems problems;
  FillDefaults(&spec, &problems);
  FillDependentDefaults(&spec);
  CheckSpec(spec, places, &problems);
  EXPECT_TRUE(problems.empty()) << problems.status();
}

TEST(CheckSpecTest, APatchDividesTheImage) {
  EXPECT_EQ(Check({"encoder.image_size_px=32", "encoder.vit.patch_size_px=8"}),
            "");
  EXPECT_EQ(
      Check({"encoder.image_size_px=40"}),
      "--set=encoder.image_size_px=40: encoder.vit.patch_size_px: 16 does not "
      "divide encoder.image_size_px, 40");
}

TEST(CheckSpecTest, ACustomViTHasAllItsSizesAndOthersNone) {
  EXPECT_EQ(
      Check({"encoder.vit={variant: VIT_CUSTOM width: 96 depth: 4 heads: 3}"}),
      "");
  EXPECT_EQ(Check({"encoder.vit.variant=VIT_CUSTOM", "encoder.vit.depth=2"}),
            "--set=encoder.vit.variant=VIT_CUSTOM: encoder.vit.width: must be "
            "set with "
            "variant VIT_CUSTOM\n"
            "--set=encoder.vit.variant=VIT_CUSTOM: encoder.vit.heads: must be "
            "set with "
            "variant VIT_CUSTOM");
  EXPECT_EQ(Check({"encoder.vit.heads=6"}),
            "--set=encoder.vit.heads=6: encoder.vit.heads: only with variant "
            "VIT_CUSTOM; VIT_SMALL has its own");
}

TEST(CheckSpecTest, AWidthFitsPositionsAndHeads) {
  const std::string custom =
      "encoder.vit={variant: VIT_CUSTOM depth: 1 heads: 3}";
  EXPECT_EQ(
      Check({custom, "encoder.vit.width=90"}),
      "--set=encoder.vit.width=90: encoder.vit.width: 90 is no multiple of 4, "
      "which the sin-cos positions need");
  EXPECT_EQ(
      Check({custom, "encoder.vit.width=64"}),
      "--set=encoder.vit.width=64: encoder.vit.width: 64 is no multiple of "
      "heads, 3");
}

TEST(CheckSpecTest, HeadsAgreeOnTheEmbedding) {
  EXPECT_EQ(Check({"projector.output_dim=128", "predictor.output_dim=128"}),
            "");
  EXPECT_EQ(
      Check({"projector.output_dim=128"}),
      "--set=projector.output_dim=128: predictor.output_dim: 256 differs from "
      "projector.output_dim, 128");
}

TEST(CheckSpecTest, ABankHoldsTheNeighbors) {
  EXPECT_EQ(Check({"snclr.bank.rows=30"}), "");
  EXPECT_EQ(Check({"snclr.bank.rows=29"}),
            "--set=snclr.bank.rows=29: snclr.bank.rows: 29 is less than "
            "snclr.neighbors, 30");
  EXPECT_EQ(
      Check({"snclr.neighbors=128001"}),
      "--set=snclr.neighbors=128001: snclr.bank.rows: 128000 is less than "
      "snclr.neighbors, 128001");
}

TEST(CheckSpecTest, RefusesPositivenessSettingsWithoutMeaning) {
  EXPECT_EQ(Check({"snclr.positiveness=ATTENTION", "snclr.attention_scale=16"}),
            "");
  EXPECT_EQ(Check({"snclr.attention_scale=16"}),
            "--set=snclr.attention_scale=16: snclr.attention_scale: only with "
            "positiveness ATTENTION, but it is COSINE");
  EXPECT_EQ(
      Check({"snclr.positiveness=UNIFORM", "snclr.threshold=true"}),
      "--set=snclr.threshold=true: snclr.threshold: with positiveness UNIFORM, "
      "1/K each, it drops every neighbour");
}

TEST(CheckSpecTest, LowerBoundsAreNotAboveUpperOnes) {
  EXPECT_EQ(Check({"augmentation.view1.crop={min_area: 0.5 max_area: 0.5}"}),
            "");
  EXPECT_EQ(
      Check({"augmentation.view2.crop.max_area=0.05",
             "augmentation.view1.crop.min_aspect=2",
             "augmentation.view1.blur.sigma_min_px=3"}),
      "--set=augmentation.view1.crop.min_aspect=2: "
      "augmentation.view1.crop.min_aspect: 2 is more than max_aspect, "
      "1.3333333333333333\n"
      "--set=augmentation.view1.blur.sigma_min_px=3: "
      "augmentation.view1.blur.sigma_min_px: 3 is more than sigma_max_px, 2\n"
      "--set=augmentation.view2.crop.max_area=0.05: "
      "augmentation.view2.crop.min_area: 0.08 is more than max_area, 0.05");
}

TEST(CheckSpecTest, NothingIsDividedByZero) {
  EXPECT_EQ(Check({"augmentation.normalize.std={red: 1 green: 0 blue: -1}"}),
            "--set=augmentation.normalize.std={red: 1 green: 0 blue: -1}: "
            "augmentation.normalize.std.green: must be above 0, is 0\n"
            "--set=augmentation.normalize.std={red: 1 green: 0 blue: -1}: "
            "augmentation.normalize.std.blue: must be above 0, is -1");
  EXPECT_EQ(Check({"encoder.vit.patch_size_px=0"}), "") << "its range says it";
}

TEST(CheckSpecTest, WarmUpEndsBeforeTheRun) {
  EXPECT_EQ(Check({"schedule.epochs=40"}), "");
  EXPECT_EQ(Check({"schedule.epochs=39"}),
            "--set=schedule.epochs=39: schedule.warmup_epochs: 40 is more than "
            "schedule.epochs, 39");
}

TEST(CheckSpecTest, OtherOptimizersNeedARateAndADecay) {
  EXPECT_EQ(Check({"optimizer={kind: LARS base_lr: 0.3 weight_decay: 1e-6}"}),
            "");
  EXPECT_EQ(Check({"optimizer={kind: SGD base_lr: 0.03 weight_decay: 1e-4 "
                   "momentum: 0.8 decay_all: false}"}),
            "");
  EXPECT_EQ(Check({"optimizer.kind=LARS"}),
            "--set=optimizer.kind=LARS: optimizer.base_lr: must be set with "
            "optimizer.kind LARS\n"
            "--set=optimizer.kind=LARS: optimizer.weight_decay: must be set "
            "with optimizer.kind LARS");
}

TEST(CheckSpecTest, AnOptimizersFieldBelongsToItsKind) {
  EXPECT_EQ(Check({"optimizer.trust_coefficient=0.02"}),
            "--set=optimizer.trust_coefficient=0.02: "
            "optimizer.trust_coefficient: has no meaning with optimizer.kind "
            "ADAMW");
  EXPECT_EQ(Check({"optimizer={kind: LARS base_lr: 0.3 weight_decay: 1e-6 "
                   "beta1: 0.8}"}),
            "--set=optimizer={kind: LARS base_lr: 0.3 weight_decay: 1e-6 "
            "beta1: 0.8}: optimizer.beta1: has no meaning with optimizer.kind "
            "LARS");
}

TEST(CheckSpecTest, NnclrsHeadsEndAsItsVariantSays) {
  EXPECT_EQ(Check({"nnclr={}"}), "");
  EXPECT_EQ(Check({"nnclr={}", "predictor.last_norm=true"}),
            "--set=predictor.last_norm=true: predictor.last_norm: not with "
            "nnclr: nnclr.variant says how its heads end");
}

}  // namespace
}  // namespace snclr
