// SPDX-License-Identifier: MIT
#include "tools/interchange/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace snclr {
namespace {

using ::testing::HasSubstr;

TEST(NamesTest, TimmsAndDeitsAreOurs) {
  for (const Naming naming : {Naming::kTimm, Naming::kDeit}) {
    EXPECT_EQ(TheirName(naming, Part::kEncoder, "blocks.11.attn.qkv.bias"),
              "blocks.11.attn.qkv.bias");
  }
}

TEST(NamesTest, MocoV3PutsItsEncodersPrefixFirst) {
  EXPECT_EQ(TheirName(Naming::kMocoV3, Part::kEncoder, "norm.bias"),
            "module.base_encoder.norm.bias");
  EXPECT_EQ(TheirName(Naming::kMocoV3, Part::kMomentumEncoder, "norm.bias"),
            "module.momentum_encoder.norm.bias");
}

TEST(NamesTest, TorchvisionsTransformerHasNamesOfItsOwn) {
  const struct {
    const char* ours;
    const char* theirs;
  } kPairs[] = {
      {"cls_token", "class_token"},
      {"pos_embed", "encoder.pos_embedding"},
      {"patch_embed.proj.bias", "conv_proj.bias"},
      {"blocks.0.norm1.weight", "encoder.layers.encoder_layer_0.ln_1.weight"},
      {"blocks.11.attn.qkv.weight",
       "encoder.layers.encoder_layer_11.self_attention.in_proj_weight"},
      {"blocks.11.attn.qkv.bias",
       "encoder.layers.encoder_layer_11.self_attention.in_proj_bias"},
      {"blocks.3.attn.proj.bias",
       "encoder.layers.encoder_layer_3.self_attention.out_proj.bias"},
      {"blocks.0.norm2.bias", "encoder.layers.encoder_layer_0.ln_2.bias"},
      {"blocks.0.mlp.fc1.weight",
       "encoder.layers.encoder_layer_0.mlp.0.weight"},
      {"blocks.0.mlp.fc2.bias", "encoder.layers.encoder_layer_0.mlp.3.bias"},
      {"norm.weight", "encoder.ln.weight"},
  };
  for (const auto& pair : kPairs) {
    EXPECT_EQ(TheirName(Naming::kTorchvision, Part::kEncoder, pair.ours),
              pair.theirs);
    EXPECT_EQ(OurName(pair.theirs), pair.ours);
  }
  EXPECT_EQ(OurName("encoder.layers.encoder_layer_2.mlp.linear_2.bias"),
            "blocks.2.mlp.fc2.bias");
}

TEST(NamesTest, TorchvisionsResNetNamesAreOurs) {
  for (const char* name : {"conv1.weight", "bn1.running_mean",
                           "layer4.2.bn3.bias", "layer1.0.downsample.1.bias"}) {
    EXPECT_EQ(TheirName(Naming::kTorchvision, Part::kEncoder, name), name);
    EXPECT_EQ(OurName(name), name);
  }
}

TEST(NamesTest, ABlockWithoutNumberIsNoBlock) {
  EXPECT_EQ(OurName("encoder.layers.encoder_layer_.ln_1.weight"),
            "encoder.layers.encoder_layer_.ln_1.weight");
}

TEST(NamesTest, UnknownNamingsAndPartsAreRefusedWithTheKnownOnes) {
  EXPECT_THAT(std::string(NamingOf("timn").status().message()),
              HasSubstr("'timn': wanted timm, deit, torchvision or moco_v3"));
  EXPECT_THAT(std::string(PartOf("projector").status().message()),
              HasSubstr("wanted encoder or momentum_encoder"));
}

}  // namespace
}  // namespace snclr
