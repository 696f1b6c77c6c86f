// SPDX-License-Identifier: MIT
#include "snclr/core/nn/encoder.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <string>

#include "gtest/gtest.h"

namespace snclr {
namespace {

EncoderSpec Spec(VitVariant variant, int image, int patch) {
  EncoderSpec spec;
  spec.set_image_size_px(image);
  spec.mutable_vit()->set_variant(variant);
  spec.mutable_vit()->set_patch_size_px(patch);
  spec.mutable_vit()->set_mlp_ratio(4);
  spec.mutable_vit()->set_freeze_patch_projection(true);
  return spec;
}

EncoderSpec Custom(int width, int depth, int heads) {
  EncoderSpec spec = Spec(VIT_CUSTOM, 8, 4);
  spec.mutable_vit()->set_width(width);
  spec.mutable_vit()->set_depth(depth);
  spec.mutable_vit()->set_heads(heads);
  return spec;
}

EncoderSpec Resnet(ResnetVariant variant) {
  EncoderSpec spec;
  spec.set_image_size_px(32);
  spec.mutable_resnet()->set_variant(variant);
  return spec;
}

int64_t ParameterCount(const Encoder& encoder) {
  int64_t count = 0;
  for (const at::Tensor& parameter : encoder.parameters()) {
    count += parameter.numel();
  }
  return count;
}

TEST(MakeEncoderTest, VariantsHaveThePublishedSizes) {
  const auto small = MakeEncoder(Spec(VIT_SMALL, 224, 16), /*seed=*/1);
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_EQ((*small)->feature_dim(), 384);
  // 12 blocks of 12 E^2 + 13 E, the last norm 2 E, positions and class token
  // (197 + 1) E, patches 768 E + E: DeiT-S without its head.
  EXPECT_EQ(ParameterCount(**small),
            12 * (12 * 384 * 384 + 13 * 384) + 2 * 384 + 198 * 384 + 769 * 384);
  const auto tiny = MakeEncoder(Spec(VIT_TINY, 32, 4), /*seed=*/1);
  ASSERT_TRUE(tiny.ok()) << tiny.status();
  const at::NoGradGuard no_grad;
  EXPECT_EQ((*tiny)->Forward(at::zeros({2, 3, 32, 32})).sizes(),
            at::IntArrayRef({2, 192}));
}

TEST(MakeEncoderTest, ResnetsHaveThePublishedSizesAndMixImages) {
  const auto small = MakeEncoder(Resnet(RESNET18), /*seed=*/1);
  ASSERT_TRUE(small.ok()) << small.status();
  EXPECT_EQ((*small)->feature_dim(), 512);
  EXPECT_EQ(ParameterCount(**small), 11176512);
  EXPECT_TRUE((*small)->mixes_images());
  const auto large = MakeEncoder(Resnet(RESNET50), /*seed=*/1);
  ASSERT_TRUE(large.ok()) << large.status();
  EXPECT_EQ((*large)->feature_dim(), 2048);
  EXPECT_EQ(ParameterCount(**large), 23508032);
  EXPECT_FALSE((*MakeEncoder(Spec(VIT_TINY, 32, 4), 1))->mixes_images());
}

TEST(MakeEncoderTest, NamesTheFieldThatDoesNotFit) {
  EncoderSpec both = Spec(VIT_TINY, 32, 4);
  both.mutable_vit()->set_depth(3);
  EncoderSpec half = Spec(VIT_CUSTOM, 32, 4);
  half.mutable_vit()->set_width(96);
  const struct {
    EncoderSpec spec;
    std::string message;
  } kCases[] = {
      {Spec(VIT_TINY, 32, 5),
       "encoder.vit.patch_size_px: 5 does not divide encoder.image_size_px"},
      {Custom(12, 1, 5), "encoder.vit.heads: 5 do not divide"},
      {Custom(6, 1, 3), "encoder.vit.width: 6 is no multiple of 4"},
      {Custom(8, 0, 2), "encoder.vit.depth: 0"},
      {both, "only go with variant VIT_CUSTOM"},
      {half, "VIT_CUSTOM needs width, depth and heads"},
      {EncoderSpec(), "encoder: no kind is set"},
      {Resnet(RESNET_VARIANT_UNSPECIFIED), "encoder.resnet.variant: not set"},
      {Spec(VIT_VARIANT_UNSPECIFIED, 32, 4), "encoder.vit.variant: not set"},
  };
  for (const auto& [spec, message] : kCases) {
    const auto encoder = MakeEncoder(spec, /*seed=*/1);
    ASSERT_FALSE(encoder.ok()) << message;
    EXPECT_EQ(encoder.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(encoder.status().message()).find(message),
              std::string::npos)
        << encoder.status();
  }
}

}  // namespace
}  // namespace snclr
