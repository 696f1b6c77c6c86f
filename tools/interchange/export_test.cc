// SPDX-License-Identifier: MIT
#include "tools/interchange/export.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/restore.h"
#include "snclr/core/base/safetensors.h"
#include "snclr/core/nn/encoder.h"
#include "tools/interchange/import.h"
#include "tools/interchange/interchange_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

class ExportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = FreshFolder();
    checkpoint_ = folder_ + "/checkpoint.safetensors";
    WriteSmallCheckpoint(SmallEncoderSpec(), checkpoint_);
  }

  absl::Status Export(const std::string& names, const std::string& format,
                      const std::string& to,
                      const std::string& part = "encoder") {
    printed_.str("");
    return RunExport({checkpoint_, "runs", to, names, format, part}, printed_);
  }

  std::string folder_;
  std::string checkpoint_;
  std::ostringstream printed_;
};

TEST_F(ExportTest, EveryFormatComesBackBitForBit) {
  const struct {
    const char* names;
    const char* format;
  } kWays[] = {{"timm", "safetensors"},   {"timm", "pytorch"},
               {"timm", "torchscript"},   {"deit", "safetensors"},
               {"deit", "pytorch"},       {"moco_v3", "safetensors"},
               {"moco_v3", "pytorch"},    {"torchvision", "safetensors"},
               {"torchvision", "pytorch"}};
  const struct {
    VitPositions positions;
    const char* part;
    const char* prefix;
  } kWhat[] = {{FIXED_SIN_COS, "encoder", "encoder."},
               {LEARNED, "momentum_encoder", "momentum.encoder."}};
  for (const auto& what : kWhat) {
    WriteSmallCheckpoint(SmallEncoderSpec(what.positions), checkpoint_);
    const auto before = ReadCheckpoint(checkpoint_);
    ASSERT_TRUE(before.ok()) << before.status();
    for (const auto& way : kWays) {
      SCOPED_TRACE(absl::StrCat(way.names, " ", way.format, " ", what.part));
      const std::string file = folder_ + "/exported";
      const std::string back = folder_ + "/imported.safetensors";
      std::filesystem::remove(back);
      ASSERT_TRUE(Export(way.names, way.format, file, what.part).ok());
      ImportCommand command;
      command.from = file;
      command.to = back;
      command.heads = 4;
      // MoCo v3's names say of themselves which of the two they are.
      if (std::string(way.names) == "moco_v3") command.part = what.part;
      const absl::Status imported = RunImport(command, printed_);
      ASSERT_TRUE(imported.ok()) << imported;
      const auto after = ReadCheckpoint(back);
      ASSERT_TRUE(after.ok()) << after.status();
      const auto encoder = EncoderOf(*after);
      ASSERT_TRUE(encoder.ok()) << encoder.status();
      EXPECT_EQ((*encoder)->spec().ShortDebugString(),
                SmallEncoderSpec(what.positions).ShortDebugString());
      int compared = 0;
      for (const auto& [name, tensor] : after->tensors) {
        const std::string old =
            absl::StrCat(what.prefix, name.substr(sizeof("encoder.") - 1));
        ASSERT_EQ(before->tensors.count(old), 1u) << old;
        EXPECT_TRUE(at::equal(tensor, before->tensors.at(old))) << name;
        ++compared;
      }
      EXPECT_EQ(compared, 30);
    }
  }
}

TEST_F(ExportTest, PythonsTorchGetsTheSameFeatures) {
  std::string why;
  if (!HasPythonTorch(&why)) GTEST_SKIP() << why;
  const struct {
    const char* names;
    const char* format;
  } kFiles[] = {{"timm", "safetensors"},    {"timm", "pytorch"},
                {"timm", "torchscript"},    {"deit", "pytorch"},
                {"torchvision", "pytorch"}, {"torchvision", "safetensors"},
                {"moco_v3", "pytorch"}};
  for (const auto& file : kFiles) {
    const absl::Status status =
        Export(file.names, file.format,
               absl::StrCat(folder_, "/", file.names, ".", file.format));
    ASSERT_TRUE(status.ok()) << status;
  }
  const auto encoder = LoadEncoder(checkpoint_);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  const at::NoGradGuard no_grad;
  TensorFile expected;
  expected.tensors["images"] =
      at::linspace(-2, 50, 3 * 3 * 16 * 16).sin().reshape({3, 3, 16, 16});
  expected.tensors["features"] =
      (*encoder)->Forward(expected.tensors["images"]);
  expected.metadata = {{"image", "16"},
                       {"patch", "4"},
                       {"width", "32"},
                       {"depth", "2"},
                       {"heads", "4"}};
  ASSERT_TRUE(
      WriteTensorFile(expected, folder_ + "/expected.safetensors").ok());
  const std::string output = RunPeer("read", folder_);
  EXPECT_THAT(output, HasSubstr("timm.safetensors: features within"));
  EXPECT_THAT(output, HasSubstr("timm.torchscript's weights: features"));
}

TEST_F(ExportTest, SaysWhatNoWeightShows) {
  ASSERT_TRUE(Export("timm", "safetensors", folder_ + "/a.safetensors").ok());
  EXPECT_THAT(printed_.str(), HasSubstr("heads     4: no weight shows it"));
}

TEST_F(ExportTest, WrongInputIsOneLineThatNamesIt) {
  const auto message = [&](const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    return std::string(status.message());
  };
  const std::string to = folder_ + "/x";
  EXPECT_THAT(message(Export("tim", "safetensors", to)),
              HasSubstr("--names: 'tim': wanted timm"));
  EXPECT_THAT(message(Export("timm", "onnx", to)),
              HasSubstr("--format: 'onnx': wanted safetensors"));
  EXPECT_THAT(message(Export("timm", "pytorch", to, "projector")),
              HasSubstr("--part: 'projector': wanted encoder"));
  EXPECT_THAT(message(Export("torchvision", "torchscript", to)),
              HasSubstr("--format=torchscript"));
  EXPECT_THAT(message(Export("timm", "pytorch", "")), HasSubstr("--to"));
  checkpoint_ = "none/001";
  EXPECT_THAT(message(Export("timm", "pytorch", to)),
              HasSubstr("no checkpoint 'none/001'"));
  EXPECT_FALSE(std::filesystem::exists(to));
}

TEST_F(ExportTest, AMethodWithoutMomentumEncoderHasNoneToExport) {
  auto checkpoint = ReadCheckpoint(checkpoint_);
  ASSERT_TRUE(checkpoint.ok());
  checkpoint->method = "simclr";
  for (auto it = checkpoint->tensors.begin();
       it != checkpoint->tensors.end();) {
    it = it->first.rfind("momentum.", 0) == 0 ? checkpoint->tensors.erase(it)
                                              : std::next(it);
  }
  ASSERT_TRUE(WriteCheckpoint(*checkpoint, checkpoint_).ok());
  const absl::Status status =
      Export("timm", "pytorch", folder_ + "/x", "momentum_encoder");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has none"));
}

}  // namespace
}  // namespace snclr
