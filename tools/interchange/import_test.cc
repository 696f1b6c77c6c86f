// SPDX-License-Identifier: MIT
#include "tools/interchange/import.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/max.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/restore.h"
#include "snclr/core/base/safetensors.h"
#include "snclr/core/nn/encoder.h"
#include "tools/interchange/export.h"
#include "tools/interchange/interchange_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kFloatTolerance = 1e-5;  // other order of the same sums

class ImportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = FreshFolder();
    command_.to = folder_ + "/imported.safetensors";
  }

  absl::Status Import(const std::string& file) {
    command_.from = absl::StrCat(folder_, "/", file);
    printed_.str("");
    return RunImport(command_, printed_);
  }

  // The message of a failed import: one line that names the file. Nothing is
  // written.
  std::string ErrorOf(const std::string& file) {
    const absl::Status status = Import(file);
    EXPECT_FALSE(status.ok()) << file;
    EXPECT_FALSE(std::filesystem::exists(command_.to)) << file;
    const std::string message(status.message());
    EXPECT_THAT(message, HasSubstr(file));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    return message;
  }

  at::Tensor Features(const at::Tensor& images) {
    const auto encoder = LoadEncoder(command_.to);
    EXPECT_TRUE(encoder.ok()) << encoder.status();
    const at::NoGradGuard no_grad;
    return (*encoder)->Forward(images);
  }

  // The small checkpoint's encoder under timm's names, to spoil and to write.
  TensorFile Exported() {
    const std::string checkpoint = folder_ + "/checkpoint.safetensors";
    WriteSmallCheckpoint(SmallEncoderSpec(), checkpoint);
    ExportCommand command;
    command.checkpoint = checkpoint;
    command.to = folder_ + "/exported.safetensors";
    std::ostringstream ignored;
    EXPECT_TRUE(RunExport(command, ignored).ok());
    auto file = ReadTensorFile(command.to);
    EXPECT_TRUE(file.ok()) << file.status();
    file->metadata = {{"format", "pt"}};
    return *file;
  }

  void Write(const TensorFile& file, const std::string& name) {
    ASSERT_TRUE(WriteTensorFile(file, absl::StrCat(folder_, "/", name)).ok());
  }

  std::string folder_;
  ImportCommand command_;
  std::ostringstream printed_;
};

double Distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// One run of Python for all that its PyTorch can save.
TEST_F(ImportTest, ReadsWhatPythonsTorchSaves) {
  std::string why;
  if (!HasPythonTorch(&why)) GTEST_SKIP() << why;
  RunPeer("write", folder_);
  const auto features = ReadTensorFile(folder_ + "/features.safetensors");
  ASSERT_TRUE(features.ok()) << features.status();
  const auto weights = ReadTensorFile(folder_ + "/moco_weights.safetensors");
  ASSERT_TRUE(weights.ok()) << weights.status();

  // MoCo v3's: what is in it, and what is left. The name gives the heads.
  for (const char* file :
       {"moco.pth.tar", "legacy.pth.tar", "protocol4.pth.tar"}) {
    SCOPED_TRACE(file);
    const absl::Status status = Import(file);
    ASSERT_TRUE(status.ok()) << status;
    const auto checkpoint = ReadCheckpoint(command_.to);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    ASSERT_EQ(checkpoint->tensors.size(), weights->tensors.size());
    for (const auto& [name, tensor] : weights->tensors) {
      EXPECT_TRUE(at::equal(checkpoint->tensors.at("encoder." + name), tensor))
          << name;
    }
    EXPECT_LT(Distance(Features(features->tensors.at("images")),
                       features->tensors.at("base")),
              kFloatTolerance);
    EXPECT_THAT(printed_.str(), HasSubstr("vit_small, epoch 300"));
    EXPECT_THAT(printed_.str(),
                HasSubstr("heads     12, by the file's 'vit_small'"));
    EXPECT_THAT(printed_.str(), HasSubstr("fixed sin-cos table"));
    EXPECT_THAT(printed_.str(),
                HasSubstr("6 of head (its projector or classifier); 24 of "
                          "momentum_encoder; 4 of predictor"));
    std::filesystem::remove(command_.to);
  }
  ASSERT_TRUE(Import("moco.pth.tar").ok());
  EXPECT_THAT(printed_.str(), HasSubstr("beside the weights: optimizer ("));
  command_.part = "momentum_encoder";
  ASSERT_TRUE(Import("moco.pth.tar").ok());
  EXPECT_LT(Distance(Features(features->tensors.at("images")),
                     features->tensors.at("momentum")),
            kFloatTolerance);
  std::filesystem::remove(command_.to);
  command_.part = "encoder";
  command_.heads = 6;
  EXPECT_THAT(ErrorOf("moco.pth.tar"),
              HasSubstr("--heads says 6 heads, and vit_small 12"));

  // A ResNet's: a projector in place of its classifier, LARS's momenta.
  command_.heads = 0;
  ASSERT_TRUE(Import("resnet.pth.tar").ok());
  const auto resnet = ReadTensorFile(folder_ + "/resnet_weights.safetensors");
  ASSERT_TRUE(resnet.ok()) << resnet.status();
  const auto imported = ReadCheckpoint(command_.to);
  ASSERT_TRUE(imported.ok()) << imported.status();
  for (const auto& [name, tensor] : resnet->tensors) {
    EXPECT_TRUE(at::equal(imported->tensors.at("encoder." + name), tensor))
        << name;
  }
  EXPECT_EQ(
      imported->tensors.at("encoder.bn1.num_batches_tracked").item<int64_t>(),
      31200);
  EXPECT_THAT(printed_.str(),
              HasSubstr("encoder   ResNet-18, images of 224 px"));
  EXPECT_THAT(printed_.str(),
              HasSubstr("1 of fc (its projector or classifier)"));
  EXPECT_EQ(imported->origin,
            "resnet.pth.tar: torch.save's zip format, timm's names behind "
            "'module.base_encoder.', resnet18, epoch 100");
  std::filesystem::remove(command_.to);

  // DeiT's: a Namespace beside it, learned positions, heads that nobody says.
  command_.heads = 0;
  EXPECT_THAT(ErrorOf("deit.pth"), HasSubstr("pass --heads (width 32;"));
  command_.heads = 4;
  const absl::Status status = Import("deit.pth");
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_LT(Distance(Features(features->tensors.at("small")),
                     features->tensors.at("deit")),
            kFloatTolerance);
  EXPECT_THAT(printed_.str(), HasSubstr("positions learned"));
  EXPECT_THAT(printed_.str(), HasSubstr("2 of head"));
  std::filesystem::remove(command_.to);

  for (const char* file : {"evil.pth", "evil4.pth", "evil_legacy.pth"}) {
    EXPECT_THAT(ErrorOf(file), HasSubstr("it asks for 'posix.system'"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/owned"));
  EXPECT_THAT(ErrorOf("other.pth"), HasSubstr("'student', 'teacher'"));

  // One bit of a weight: the newer format has checksums.
  EXPECT_THAT(ErrorOf("flipped.pth"),
              HasSubstr("tensor 'cls_token': damaged: its record 'data/"));
  ASSERT_TRUE(Import("unchecked.pth").ok());
  EXPECT_THAT(printed_.str(), HasSubstr("zip format without checksums"));
  std::filesystem::remove(command_.to);

  // Cut short anywhere: an error, never a part.
  for (const char* name : {"deit.pth", "legacy.pth.tar"}) {
    std::ifstream stream(absl::StrCat(folder_, "/", name), std::ios::binary);
    const std::string whole(std::istreambuf_iterator<char>(stream), {});
    for (const double share : {0.0001, 0.01, 0.3, 0.9, 0.99999}) {
      std::ofstream(folder_ + "/cut.pth", std::ios::binary)
          << whole.substr(0, static_cast<size_t>(share * whole.size()));
      ErrorOf("cut.pth");
    }
  }
}

TEST_F(ImportTest, NamesTheTensorThatDoesNotFit) {
  command_.heads = 4;
  const TensorFile whole = Exported();
  TensorFile file = whole;
  file.tensors.erase("blocks.1.mlp.fc2.bias");
  Write(file, "missing.safetensors");
  EXPECT_THAT(ErrorOf("missing.safetensors"),
              HasSubstr("tensor 'blocks.1.mlp.fc2.bias' is missing"));
  file = whole;
  file.tensors["blocks.0.attn.qkv.weight"] = at::zeros({96, 31});
  Write(file, "shape.safetensors");
  EXPECT_THAT(ErrorOf("shape.safetensors"),
              HasSubstr("tensor 'blocks.0.attn.qkv.weight' is [96, 31], wanted "
                        "[96, 32]"));
  file = whole;
  file.tensors["blocks.0.ls1.gamma"] = at::zeros({32});
  Write(file, "other.safetensors");
  EXPECT_THAT(ErrorOf("other.safetensors"),
              HasSubstr("tensor 'blocks.0.ls1.gamma' has no place"));
  file = whole;
  file.tensors["norm.bias"] =
      at::full({32}, std::numeric_limits<float>::quiet_NaN());
  Write(file, "nan.safetensors");
  EXPECT_THAT(ErrorOf("nan.safetensors"),
              HasSubstr("'norm.bias' has numbers that are not finite"));
  file = whole;
  file.tensors.clear();
  file.tensors["decoder.weight"] = at::zeros({2});
  Write(file, "none.safetensors");
  EXPECT_THAT(ErrorOf("none.safetensors"), HasSubstr("begin with decoder"));
  command_.part = "momentum_encoder";
  EXPECT_THAT(ErrorOf("exported.safetensors"),
              HasSubstr("no momentum encoder"));
}

TEST_F(ImportTest, AFileThatIsNoCheckpointIsSaidToBeNone) {
  std::ofstream(folder_ + "/notes.txt") << "Dear diary";
  EXPECT_THAT(ErrorOf("notes.txt"), HasSubstr("no checkpoint: neither"));
  std::ofstream(folder_ + "/empty.pth");
  EXPECT_THAT(ErrorOf("empty.pth"), HasSubstr("no checkpoint: neither"));
  EXPECT_THAT(ErrorOf("nowhere.pth"), HasSubstr("no file"));
  Exported();
  EXPECT_THAT(ErrorOf("checkpoint.safetensors"),
              HasSubstr("is a checkpoint of this project already"));
}

TEST_F(ImportTest, TheSpecsEncoderMustBeTheFiles) {
  Exported();
  command_.spec = folder_ + "/spec.textproto";
  std::ofstream(command_.spec) << R"(
    name: "mine" snclr {} data { procedural {} }
    encoder { image_size_px: 16 vit { variant: VIT_CUSTOM width: 32 depth: 2
              heads: 4 patch_size_px: 4 freeze_patch_projection: false } })";
  const absl::Status status = Import("exported.safetensors");
  ASSERT_TRUE(status.ok()) << status;
  const auto checkpoint = ReadCheckpoint(command_.to);
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_THAT(checkpoint->spec, HasSubstr("procedural"));
  EXPECT_THAT(checkpoint->encoder, HasSubstr("freeze_patch_projection: false"));
  std::filesystem::remove(command_.to);
  command_.assignments = {"encoder.vit.heads=8"};
  EXPECT_THAT(ErrorOf("exported.safetensors"),
              HasSubstr("4 heads, 4 px patches, images of 16 px; the spec has "
                        "ViT, width 32, 2 blocks, 8 heads"));
}

TEST_F(ImportTest, HalfPrecisionIsWidenedAndSaid) {
  TensorFile file = Exported();
  const at::Tensor halved = file.tensors["norm.weight"].to(at::kHalf);
  file.tensors["norm.weight"] = halved;
  Write(file, "half.safetensors");
  command_.heads = 4;
  ASSERT_TRUE(Import("half.safetensors").ok());
  EXPECT_THAT(printed_.str(), HasSubstr("made float32: 1 tensors from Half"));
  const auto checkpoint = ReadCheckpoint(command_.to);
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_TRUE(at::equal(checkpoint->tensors.at("encoder.norm.weight"),
                        halved.to(at::kFloat)));
}

TEST_F(ImportTest, AFolderGetsACheckpointOfItsOwn) {
  Exported();
  command_.to = folder_ + "/run";
  std::filesystem::create_directories(command_.to);
  ASSERT_TRUE(Import("exported.safetensors").ok());
  EXPECT_TRUE(LoadEncoder(command_.to).ok());
  EXPECT_THAT(std::string(Import("exported.safetensors").message()),
              HasSubstr("has checkpoints already"));
}

}  // namespace
}  // namespace snclr
