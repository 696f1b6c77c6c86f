// SPDX-License-Identifier: MIT
#include "snclr/core/nn/vit.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"

namespace snclr {
namespace {

EncoderSpec Spec(int image, int patch, int width, int depth, int heads,
                 bool frozen = false) {
  EncoderSpec spec;
  spec.set_image_size_px(image);
  VitSpec* vit = spec.mutable_vit();
  vit->set_variant(VIT_CUSTOM);
  vit->set_patch_size_px(patch);
  vit->set_width(width);
  vit->set_depth(depth);
  vit->set_heads(heads);
  vit->set_mlp_ratio(4);
  vit->set_freeze_patch_projection(frozen);
  return spec;
}

at::Tensor SomeImages(int64_t n, int64_t side) {
  return at::linspace(-1, 3, n * 3 * side * side, at::kDouble)
      .sin()
      .reshape({n, 3, side, side});
}

GoldenFile Golden(const std::string& name) {
  return GoldenTestFile("snclr/core/nn/testdata/" + name + ".safetensors");
}

std::shared_ptr<VisionTransformer> GoldenVit(const GoldenFile& golden,
                                             at::ScalarType type) {
  EncoderSpec spec =
      Spec(golden.Int("image"), golden.Int("patch"), golden.Int("embed_dim"),
           golden.Int("depth"), golden.Int("heads"),
           golden.Bool("frozen_patch_projection"));
  auto vit = std::make_shared<VisionTransformer>(spec, /*seed=*/1);
  const at::NoGradGuard no_grad;
  const auto weights = golden.WithPrefix("param.");
  EXPECT_EQ(weights.size(), vit->named_parameters().size());
  for (const auto& parameter : vit->named_parameters()) {
    at::Tensor(parameter.value())
        .copy_(golden.Tensor("param." + parameter.key()));
  }
  vit->to(type);
  return vit;
}

class VitGoldenTest : public ::testing::TestWithParam<const char*> {};

TEST_P(VitGoldenTest, FeaturesAndGradientsInFloat32) {
  const GoldenFile golden = Golden(GetParam());
  auto vit = GoldenVit(golden, at::kFloat);
  const at::Tensor images = golden.Tensor("in.x").clone().requires_grad_();
  EXPECT_TRUE(
      IsClose(vit->Tokens(images), golden.Tensor("out.tokens"), {1e-6}));
  const at::Tensor features = vit->Forward(images);
  EXPECT_TRUE(IsClose(features, golden.Tensor("out.features"), {1e-5}));
  const at::Tensor loss = features.square().sum();
  EXPECT_TRUE(IsClose(loss, golden.Tensor("out.loss"), {1e-5}));
  loss.backward();
  // Both sides round; the published float32 run is up to 1.4e-4 from float64.
  const Tolerance kGradient = {1e-5, 1e-5};
  EXPECT_TRUE(IsClose(images.grad(), golden.Tensor("grad.x"), kGradient));
  const auto gradients = golden.WithPrefix("grad.param.");
  for (const auto& parameter : vit->named_parameters()) {
    const auto expected = gradients.find(parameter.key());
    ASSERT_EQ(parameter.value().requires_grad(), expected != gradients.end())
        << parameter.key();
    if (expected == gradients.end()) continue;
    const Tolerance tolerance =
        parameter.key() == "cls_token" ? Tolerance{1e-5, 2e-4} : kGradient;
    EXPECT_TRUE(IsClose(parameter.value().grad(), expected->second, tolerance))
        << parameter.key();
  }
}

TEST_P(VitGoldenTest, FeaturesInFloat64) {
  const GoldenFile golden = Golden(GetParam());
  auto vit = GoldenVit(golden, at::kDouble);
  const at::NoGradGuard no_grad;
  const at::Tensor features =
      vit->Forward(golden.Tensor("in.x").to(at::kDouble));
  EXPECT_TRUE(IsClose(features, golden.Tensor("out64.features"), {1e-12}));
  EXPECT_TRUE(
      IsClose(features.square().sum(), golden.Tensor("out64.loss"), {1e-12}));
}

INSTANTIATE_TEST_SUITE_P(Golden, VitGoldenTest,
                         ::testing::Values("vit_forward__i16",
                                           "vit_forward__i32"));

class VitInitTest : public ::testing::TestWithParam<const char*> {};

TEST_P(VitInitTest, MatricesFillThePublishedBounds) {
  const GoldenFile golden = Golden(GetParam());
  VisionTransformer vit(
      Spec(golden.Int("image"), golden.Int("patch"), golden.Int("embed_dim"),
           golden.Int("depth"), golden.Int("heads")),
      /*seed=*/5);
  const auto parameters = vit.named_parameters();
  std::istringstream order(golden.Text("order"));
  const at::Tensor bounds = golden.Tensor("out.bounds");
  std::string name;
  for (int64_t i = 0; order >> name; ++i) {
    if (name == "head.weight") continue;  // replaced by the projector
    const double bound = bounds[i].item<double>();
    const at::Tensor weight = parameters[name].to(at::kDouble);
    const double largest = weight.abs().max().item<double>();
    EXPECT_LE(largest, bound * (1 + 1e-6)) << name;
    EXPECT_GE(largest, bound * 0.99) << name;
    EXPECT_NEAR(weight.std().item<double>() * std::sqrt(3) / bound, 1, 0.02)
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, VitInitTest,
                         ::testing::Values("init_bounds__small_p16",
                                           "init_bounds__tiny_p4"));

TEST(VisionTransformerTest, VectorsBeginAsPublished) {
  VisionTransformer vit(Spec(8, 4, 16, 1, 2), /*seed=*/5);
  for (const auto& parameter : vit.named_parameters()) {
    const at::Tensor& values = parameter.value();
    if (values.dim() != 1) continue;
    const bool is_norm_weight =
        parameter.key().find("norm") != std::string::npos &&
        parameter.key().find("weight") != std::string::npos;
    EXPECT_TRUE(values.eq(is_norm_weight ? 1 : 0).all().item<bool>())
        << parameter.key();
  }
  const double largest =
      vit.named_parameters()["cls_token"].abs().max().item<double>();
  EXPECT_GT(largest, 0);
  EXPECT_LT(largest, 6e-6);
}

TEST(VisionTransformerTest, WeightsDependOnTheSeedAlone) {
  VisionTransformer shallow(Spec(8, 4, 16, 1, 2), /*seed=*/5);
  VisionTransformer deep(Spec(8, 4, 16, 3, 2), /*seed=*/5);
  VisionTransformer other(Spec(8, 4, 16, 1, 2), /*seed=*/6);
  const std::string name = "blocks.0.attn.qkv.weight";
  const at::Tensor weight = shallow.named_parameters()[name];
  EXPECT_TRUE(at::equal(weight, deep.named_parameters()[name]));
  EXPECT_FALSE(at::equal(weight, other.named_parameters()[name]));
}

TEST(VisionTransformerTest, ImagesDoNotMix) {
  VisionTransformer vit(Spec(8, 4, 16, 2, 2), /*seed=*/5);
  vit.to(at::kDouble);
  const at::NoGradGuard no_grad;
  const at::Tensor images = SomeImages(4, 8);
  const auto halves = images.chunk(2);
  EXPECT_TRUE(IsClose(vit.Forward(images),
                      at::cat({vit.Forward(halves[0]), vit.Forward(halves[1])}),
                      {1e-13}));
}

TEST(VisionTransformerTest, GradientsAgreeWithFiniteDifferences) {
  VisionTransformer vit(Spec(8, 4, 8, 2, 2), /*seed=*/5);
  vit.to(at::kDouble);
  const at::Tensor images = SomeImages(2, 8);
  {
    // A class token of 1e-6 is where layer norm is most curved: differences
    // would need a far smaller step than rounding allows.
    const at::NoGradGuard no_grad;
    at::Tensor token = vit.named_parameters()["cls_token"];
    token.copy_(at::linspace(-1, 2, token.numel()).view(token.sizes()));
  }
  const auto loss = [&] { return vit.Forward(images).sin().sum(); };
  loss().backward();
  // Along one direction that moves every trained parameter at once.
  const auto direction_of = [](const at::Tensor& values) {
    return at::linspace(1, 9, values.numel(), at::kDouble)
        .cos()
        .view(values.sizes());
  };
  const auto loss_at = [&](double step) {
    const at::NoGradGuard no_grad;
    for (at::Tensor& values : vit.parameters()) {
      if (values.requires_grad()) values.add_(direction_of(values), step);
    }
    const double value = loss().item<double>();
    for (at::Tensor& values : vit.parameters()) {
      if (values.requires_grad()) values.add_(direction_of(values), -step);
    }
    return value;
  };
  double slope = 0;
  for (const at::Tensor& values : vit.parameters()) {
    if (!values.requires_grad()) continue;
    slope += at::mul(values.grad(), direction_of(values)).sum().item<double>();
  }
  constexpr double kStep =
      1e-5;  // truncation O(kStep^2), rounding O(1e-16/kStep)
  EXPECT_NEAR((loss_at(kStep) - loss_at(-kStep)) / (2 * kStep), slope,
              1e-6 * std::abs(slope));
}

TEST(VisionTransformerTest, ScalesOfOneChangeNothingAndScalesAreEachImages) {
  VisionTransformer vit(Spec(8, 4, 16, 2, 2), /*seed=*/5);
  vit.to(at::kDouble);
  const at::NoGradGuard no_grad;
  const at::Tensor images = SomeImages(3, 8);
  const at::Tensor plain = vit.Forward(images);
  ASSERT_EQ(vit.branches(), 4);
  const at::Tensor scales = at::ones({4, 3}, at::kDouble);
  // Scaled branches are those of the modules, plain ones of the fused block.
  EXPECT_TRUE(IsClose(vit.ForwardScaled(images, scales), plain, {1e-12}));
  EXPECT_TRUE(at::equal(vit.ForwardScaled(images, {}), plain));
  scales[2][1] = 0;  // image 1, block 1's attention
  const at::Tensor scaled = vit.ForwardScaled(images, scales);
  EXPECT_TRUE(IsClose(scaled[0], plain[0], {1e-12}));
  EXPECT_FALSE(IsClose(scaled[1], plain[1], {1e-3}));
  EXPECT_TRUE(IsClose(scaled[2], plain[2], {1e-12}));
  EXPECT_THROW(vit.ForwardScaled(images, at::ones({4, 2}, at::kDouble)),
               c10::Error);
}

TEST(VisionTransformerTest, WithoutAnyBranchTheTokensComeOut) {
  VisionTransformer vit(Spec(8, 4, 16, 2, 2), /*seed=*/5);
  vit.to(at::kDouble);
  const at::Tensor images = SomeImages(2, 8);
  const at::Tensor none = at::zeros({4, 2}, at::kDouble);
  const at::Tensor features = vit.ForwardScaled(images, none);
  // The class token alone, normalised: the same for every image.
  EXPECT_TRUE(IsClose(features[0], features[1], {1e-13}));
  features.sum().backward();
  for (const auto& parameter : vit.named_parameters()) {
    if (parameter.key().find("blocks.") != 0) continue;
    EXPECT_EQ(parameter.value().grad().abs().sum().item<double>(), 0)
        << parameter.key();
  }
}

TEST(VisionTransformerTest, FrozenPatchProjectionHasNoGradient) {
  VisionTransformer vit(Spec(8, 4, 16, 1, 2, /*frozen=*/true), /*seed=*/5);
  vit.Forward(SomeImages(1, 8).to(at::kFloat)).sum().backward();
  EXPECT_FALSE(vit.first_weight().requires_grad());
  EXPECT_FALSE(vit.first_weight().grad().defined());
  EXPECT_FALSE(vit.named_parameters()["patch_embed.proj.bias"].requires_grad());
}

TEST(VisionTransformerTest, LearnedPositionsAreDrawnAndTrained) {
  EncoderSpec spec = Spec(32, 4, 64, 1, 2);
  const VisionTransformer fixed(spec, /*seed=*/1);
  spec.mutable_vit()->set_positions(LEARNED);
  const VisionTransformer learned(spec, /*seed=*/1);
  const at::Tensor table = learned.named_parameters()["pos_embed"];
  EXPECT_FALSE(fixed.named_parameters()["pos_embed"].requires_grad());
  EXPECT_TRUE(table.requires_grad());
  // 65 x 64 draws: the mean square is within 10 % (4.6 of its deviations).
  const double mean_square = table.detach().square().mean().item<double>();
  EXPECT_NEAR(mean_square, 0.02 * 0.02, 0.1 * 0.02 * 0.02);
}

TEST(VisionTransformerTest, RefusesImagesOfAnotherSize) {
  VisionTransformer vit(Spec(8, 4, 16, 1, 2), /*seed=*/5);
  EXPECT_THROW(vit.Forward(SomeImages(1, 12).to(at::kFloat)), c10::Error);
}

}  // namespace
}  // namespace snclr
