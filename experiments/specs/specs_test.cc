// SPDX-License-Identifier: MIT
// Every spec that ships can be run. The files are those that the BUILD file
// lists: nothing else is beside the test when it runs.
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "experiments/proto/spec_file.h"

namespace snclr {
namespace {

constexpr char kFolder[] = "experiments/specs";

std::vector<std::string> Specs() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".textproto") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// What a user has to say beside the spec: where the images are.
std::vector<std::string> Needed(const ExperimentSpec& read) {
  if (read.data().has_image_folder() &&
      !read.data().image_folder().has_root()) {
    return {"data.image_folder.root=/images"};
  }
  if (read.data().has_cifar() && !read.data().cifar().has_root()) {
    return {"data.cifar.root=/images"};
  }
  return {};
}

ExperimentSpec Load(const std::string& path) {
  ExperimentSpec read;
  Places places(path);
  Problems problems;
  EXPECT_TRUE(ReadSpecFile(path, &read, &places, &problems).ok());
  EXPECT_TRUE(problems.empty()) << problems.status();
  const auto spec = LoadSpec(path, Needed(read));
  EXPECT_TRUE(spec.ok()) << spec.status();
  return spec.ok() ? *spec : ExperimentSpec();
}

std::string ReadText(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(SpecsTest, EachLoadsAndComesBackFromItsResolvedText) {
  const auto paths = Specs();
  ASSERT_FALSE(paths.empty());
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const ExperimentSpec spec = Load(path);
    const std::string resolved = testing::TempDir() + "resolved.textproto";
    std::ofstream(resolved) << SpecToText(spec);
    const auto again = LoadSpec(resolved, {});
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(DiffSpecs(spec, *again).empty());
    EXPECT_EQ(SpecHash(spec), SpecHash(*again));
  }
}

TEST(SpecsTest, EachHasANameOfItsOwnAndAQuestion) {
  std::map<std::string, std::string> path_of_name;
  for (const std::string& path : Specs()) {
    const ExperimentSpec spec = Load(path);
    EXPECT_TRUE(path_of_name.emplace(spec.name(), path).second)
        << path << " and " << path_of_name[spec.name()] << " are both '"
        << spec.name() << "'";
    EXPECT_FALSE(spec.question().empty()) << path;
  }
}

// So that protobuf's own tools can read them, and editors know what they are.
TEST(SpecsTest, EachIsTextFormatAndSaysOfWhat) {
  for (const std::string& path : Specs()) {
    ExperimentSpec spec;
    const std::string text = ReadText(path);
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec))
        << path;
    EXPECT_EQ(text.rfind("# proto-file: experiments/proto/experiment.proto\n"
                         "# proto-message: ExperimentSpec\n",
                         0),
              0)
        << path;
  }
}

TEST(SpecsTest, TheSnclrRecipeIsThePublishedOne) {
  const ExperimentSpec spec =
      Load(std::string(kFolder) + "/snclr_vit_small_imagenet.textproto");
  EXPECT_EQ(spec.snclr().neighbors(), 30);
  EXPECT_EQ(spec.snclr().temperature(), 0.2);
  EXPECT_EQ(spec.snclr().bank().rows(), 128000);
  EXPECT_EQ(spec.snclr().bank().scope(), LOCAL);
  EXPECT_EQ(spec.snclr().objective(), CODE);
  EXPECT_EQ(spec.snclr().positiveness(), COSINE);
  EXPECT_EQ(spec.encoder().vit().variant(), VIT_SMALL);
  EXPECT_TRUE(spec.encoder().vit().freeze_patch_projection());
  EXPECT_EQ(spec.data().global_batch(), 4096);
  EXPECT_EQ(spec.optimizer().base_lr(), 1.5e-4);
  EXPECT_EQ(spec.optimizer().weight_decay(), 0.1);
  EXPECT_EQ(spec.schedule().epochs(), 300);
  EXPECT_EQ(spec.schedule().warmup_epochs(), 40);
  EXPECT_EQ(spec.momentum().start(), 0.99);
  EXPECT_EQ(spec.momentum().schedule(), COSINE_TO_ONE);
}

TEST(SpecsTest, TheMocoV3RecipesAreThePublishedOnes) {
  const ExperimentSpec vit =
      Load(std::string(kFolder) + "/moco_v3_vit_base_imagenet.textproto");
  EXPECT_EQ(vit.moco_v3().temperature(), 0.2);
  EXPECT_EQ(vit.encoder().vit().variant(), VIT_BASE);
  EXPECT_TRUE(vit.encoder().vit().freeze_patch_projection());
  EXPECT_EQ(vit.optimizer().kind(), ADAMW);
  EXPECT_EQ(vit.optimizer().base_lr(), 1.5e-4);
  EXPECT_EQ(vit.augmentation().view1().crop().min_area(), 0.08);
  const ExperimentSpec resnet =
      Load(std::string(kFolder) + "/moco_v3_resnet50_imagenet.textproto");
  EXPECT_EQ(resnet.moco_v3().temperature(), 1);
  EXPECT_EQ(resnet.encoder().resnet().variant(), RESNET50);
  EXPECT_TRUE(resnet.encoder().resnet().zero_init_residual());
  EXPECT_EQ(resnet.projector().layers(), 2);
  EXPECT_TRUE(resnet.predictor().has_last_norm());
  EXPECT_FALSE(resnet.predictor().last_norm());
  EXPECT_EQ(resnet.optimizer().kind(), LARS);
  EXPECT_EQ(resnet.optimizer().base_lr(), 0.3);
  EXPECT_EQ(resnet.optimizer().weight_decay(), 1e-6);
  EXPECT_EQ(resnet.augmentation().view2().crop().min_area(), 0.2);
  EXPECT_EQ(resnet.schedule().warmup_epochs(), 10);
}

TEST(SpecsTest, TheNnclrRecipesAreThePapersAndSoloLearns) {
  const ExperimentSpec paper =
      Load(std::string(kFolder) + "/nnclr_resnet50_imagenet.textproto");
  EXPECT_EQ(paper.nnclr().variant(), SOLO);
  EXPECT_EQ(paper.nnclr().temperature(), 0.1);
  EXPECT_EQ(paper.nnclr().support_set_rows(), 98304);
  EXPECT_FALSE(paper.nnclr().momentum_encoder());
  EXPECT_EQ(paper.projector().layers(), 3);
  EXPECT_EQ(paper.projector().hidden_dim(), 2048);
  EXPECT_EQ(paper.predictor().layers(), 2);
  EXPECT_EQ(paper.predictor().hidden_dim(), 4096);
  EXPECT_EQ(paper.predictor().output_dim(), 256);
  EXPECT_EQ(paper.optimizer().kind(), LARS);
  EXPECT_EQ(paper.optimizer().base_lr(), 0.3);
  EXPECT_EQ(paper.optimizer().weight_decay(), 1e-6);
  EXPECT_EQ(paper.data().global_batch(), 4096);
  EXPECT_EQ(paper.schedule().epochs(), 1000);
  EXPECT_EQ(paper.schedule().warmup_epochs(), 10);
  const ExperimentSpec cifar =
      Load(std::string(kFolder) + "/nnclr_resnet18_cifar.textproto");
  EXPECT_EQ(cifar.nnclr().temperature(), 0.2);
  EXPECT_EQ(cifar.nnclr().support_set_rows(), 65536);
  EXPECT_EQ(cifar.optimizer().base_lr(), 0.4);
  EXPECT_EQ(cifar.optimizer().weight_decay(), 1e-5);
  EXPECT_EQ(cifar.optimizer().trust_coefficient(), 0.02);
  EXPECT_TRUE(cifar.optimizer().clip_trust_ratio());
  EXPECT_EQ(cifar.data().global_batch(), 256);
  EXPECT_EQ(cifar.schedule().epochs(), 1000);
}

// A sweep over methods compares methods only where nothing else differs.
TEST(SpecsTest, TheProceduralSpecsDifferInTheMethodAlone) {
  const ExperimentSpec quickstart =
      Load(std::string(kFolder) + "/quickstart.textproto");
  for (const std::string& method : {"snclr", "moco_v3", "nnclr"}) {
    ExperimentSpec spec =
        Load(std::string(kFolder) + "/procedural_" + method + ".textproto");
    EXPECT_EQ(MethodName(spec), method);
    spec.set_name(quickstart.name());
    *spec.mutable_snclr() = quickstart.snclr();  // replaces the arm
    EXPECT_EQ(SpecHash(spec), SpecHash(quickstart)) << method;
  }
}

}  // namespace
}  // namespace snclr
