// SPDX-License-Identifier: MIT
#include "snclr/core/nn/momentum_copy.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/heads.h"
#include "snclr/core/nn/module_tensors.h"

namespace snclr {
namespace {

std::shared_ptr<Encoder> TinyEncoder(uint64_t seed) {
  EncoderSpec spec;
  spec.set_image_size_px(8);
  VitSpec* vit = spec.mutable_vit();
  vit->set_variant(VIT_CUSTOM);
  vit->set_patch_size_px(4);
  vit->set_width(8);
  vit->set_depth(1);
  vit->set_heads(2);
  vit->set_mlp_ratio(2);
  vit->set_freeze_patch_projection(true);
  return *MakeEncoder(spec, seed);
}

MlpHeadOptions HeadOptions(int64_t layers) {
  MlpHeadOptions options{};
  options.layers = layers;
  options.input_dim = options.hidden_dim = options.output_dim = 8;
  return options;
}

std::vector<std::string> Names(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

TEST(MomentumCopyTest, HasTheValuesAndNoGradients) {
  const auto source = TinyEncoder(/*seed=*/1);
  const auto copy = TinyEncoder(/*seed=*/2);
  BecomeMomentumCopy(*source, *copy);
  for (const auto& parameter : source->named_parameters()) {
    const at::Tensor copied = copy->named_parameters()[parameter.key()];
    EXPECT_TRUE(at::equal(copied, parameter.value())) << parameter.key();
    EXPECT_FALSE(copied.requires_grad()) << parameter.key();
    EXPECT_NE(copied.data_ptr(), parameter.value().data_ptr());
  }
}

TEST(MomentumCopyTest, ParametersStandInTheOrderOfTheTrainedOnes) {
  const auto source = TinyEncoder(/*seed=*/1);
  const auto copy = TinyEncoder(/*seed=*/1);
  BecomeMomentumCopy(*source, *copy);
  const auto trained = Names(TrainedParameters(*source, "m"));
  EXPECT_EQ(Names(MomentumParameters(*source, *copy, "m")), trained);
  EXPECT_EQ(trained.front(), "m.cls_token");
  const std::vector<std::string> frozen = {
      "m.pos_embed", "m.patch_embed.proj.weight", "m.patch_embed.proj.bias"};
  EXPECT_EQ(Names(MomentumState(*source, *copy, "m")), frozen);
  EXPECT_EQ(Names(FrozenParameters(*source, "m")), frozen);
}

TEST(MomentumCopyTest, RunningStatisticsAreItsOwn) {
  SingleProcess group;
  MlpHead source(HeadOptions(2), group, /*seed=*/1, "projector");
  MlpHead copy(HeadOptions(2), group, /*seed=*/1, "projector");
  source.named_buffers()["1.running_mean"].fill_(3);
  BecomeMomentumCopy(source, copy);
  const at::Tensor mean = copy.named_buffers()["1.running_mean"];
  EXPECT_TRUE(at::equal(mean, 3 * at::ones({8})));
  source.named_buffers()["1.running_mean"].fill_(4);
  EXPECT_TRUE(at::equal(mean, 3 * at::ones({8})));
  EXPECT_EQ(Names(MomentumState(source, copy, "h")),
            Names(Buffers(source, "h")));
}

TEST(MomentumCopyTest, RefusesAnotherStructure) {
  SingleProcess group;
  MlpHead two(HeadOptions(2), group, /*seed=*/1, "projector");
  MlpHead three(HeadOptions(3), group, /*seed=*/1, "projector");
  EXPECT_THROW(BecomeMomentumCopy(two, three), c10::Error);
  EXPECT_THROW(BecomeMomentumCopy(three, two), c10::Error);
}

}  // namespace
}  // namespace snclr
