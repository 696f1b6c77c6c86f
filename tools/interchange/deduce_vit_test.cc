// SPDX-License-Identifier: MIT
#include "tools/interchange/deduce_vit.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/status/status.h"
#include "snclr/core/nn/encoder.pb.h"
#include "snclr/core/nn/vit.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using Tensors = std::map<std::string, at::Tensor>;

EncoderSpec Spec(int width, int depth, int heads, double mlp_ratio) {
  EncoderSpec spec;
  spec.set_image_size_px(24);
  VitSpec* vit = spec.mutable_vit();
  vit->set_variant(VIT_CUSTOM);
  vit->set_patch_size_px(8);
  vit->set_width(width);
  vit->set_depth(depth);
  vit->set_heads(heads);
  vit->set_mlp_ratio(mlp_ratio);
  vit->set_positions(FIXED_SIN_COS);
  vit->set_freeze_patch_projection(true);
  return spec;
}

Tensors TensorsOf(const EncoderSpec& spec) {
  const VisionTransformer vit(spec, /*seed=*/1);
  Tensors tensors;
  for (const auto& item : vit.named_parameters()) {
    tensors[item.key()] = item.value().detach();
  }
  return tensors;
}

std::string ErrorOf(const Tensors& tensors, int64_t heads) {
  const auto spec = DeduceVit(tensors, heads);
  EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(spec.status().message());
}

TEST(DeduceVitTest, FindsAnEncodersSpecInItsTensors) {
  // 1.9 * 20 is 38 and 38 / 20 * 20, truncated, must be too.
  for (const EncoderSpec& spec :
       {Spec(32, 3, 4, 4), Spec(20, 1, 5, 1.9), Spec(96, 2, 3, 7.0 / 96)}) {
    const auto deduced = DeduceVit(TensorsOf(spec), spec.vit().heads());
    ASSERT_TRUE(deduced.ok()) << deduced.status();
    EXPECT_EQ(VitSizeOf(*deduced).mlp_hidden, VitSizeOf(spec).mlp_hidden);
    EncoderSpec expected = spec;  // the ratio may differ in its last bit
    expected.mutable_vit()->set_mlp_ratio(deduced->vit().mlp_ratio());
    EXPECT_EQ(deduced->ShortDebugString(), expected.ShortDebugString());
  }
}

TEST(DeduceVitTest, FindsANamedVariant) {
  EncoderSpec spec = Spec(192, 12, 3, 4);
  const auto deduced = DeduceVit(TensorsOf(spec), 3);
  ASSERT_TRUE(deduced.ok()) << deduced.status();
  EXPECT_EQ(deduced->vit().variant(), VIT_TINY);
  EXPECT_FALSE(deduced->vit().has_width());
}

TEST(DeduceVitTest, AnotherTableIsALearnedOne) {
  Tensors tensors = TensorsOf(Spec(32, 1, 4, 4));
  EXPECT_EQ(DistanceToSinCos(tensors["pos_embed"]), 0);
  tensors["pos_embed"] = tensors["pos_embed"].clone();
  tensors["pos_embed"][0][3][5] += 2e-6;
  const auto deduced = DeduceVit(tensors, 4);
  ASSERT_TRUE(deduced.ok()) << deduced.status();
  EXPECT_EQ(deduced->vit().positions(), LEARNED);
  EXPECT_FALSE(deduced->vit().freeze_patch_projection());
}

TEST(DeduceVitTest, NamesTheTensorThatDoesNotFit) {
  const Tensors whole = TensorsOf(Spec(32, 1, 4, 4));
  Tensors tensors = whole;
  tensors.erase("pos_embed");
  EXPECT_EQ(ErrorOf(tensors, 4), "tensor 'pos_embed' is missing");
  tensors = whole;
  tensors["patch_embed.proj.weight"] = at::zeros({32, 192});
  EXPECT_EQ(ErrorOf(tensors, 4),
            "tensor 'patch_embed.proj.weight' is [32, 192], wanted 4 "
            "dimensions");
  tensors = whole;  // as DeiT's distilled ones, with two tokens
  tensors["pos_embed"] = at::zeros({1, 11, 32});
  EXPECT_THAT(ErrorOf(tensors, 4), HasSubstr("has 11 rows"));
  EXPECT_THAT(ErrorOf(whole, 5), HasSubstr("5 heads do not divide"));
}

TEST(HeadsOfTest, OneNameMeansTwoThings) {
  EXPECT_EQ(HeadsOf("vit_small", 384, /*is_moco=*/true), 12);
  EXPECT_EQ(HeadsOf("vit_small", 384, /*is_moco=*/false), 0);
  EXPECT_EQ(HeadsOf("vit_small_patch16_224", 384, /*is_moco=*/false), 6);
  EXPECT_EQ(HeadsOf("deit_small_patch16_224", 384, /*is_moco=*/false), 6);
  // timm's name before 0.5, for another network.
  EXPECT_EQ(HeadsOf("vit_small_patch16_224", 768, /*is_moco=*/false), 0);
  EXPECT_EQ(HeadsOf("", 384, /*is_moco=*/true), 0);
}

}  // namespace
}  // namespace snclr
