// SPDX-License-Identifier: MIT
#include "tools/interchange/interchange_testing.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/initialization.h"

namespace snclr {
namespace {

constexpr char kPython[] = "/usr/bin/python3";
constexpr char kPeer[] = "tools/interchange/peer.py";

// Norms and biases too: at their initial ones and zeros they would hide a
// mistake.
void Add(const EncoderSpec& spec, const std::string& prefix, uint64_t seed,
         Checkpoint* checkpoint) {
  const auto encoder = MakeEncoder(spec, seed);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  const at::NoGradGuard no_grad;
  for (const auto& item : (*encoder)->named_parameters()) {
    const bool fixed =
        item.key() == "pos_embed" && spec.vit().positions() == FIXED_SIN_COS;
    if (!fixed && spec.has_vit())
      FillNormal(item.value(), 0.2, seed, item.key());
    checkpoint->tensors[prefix + item.key()] = item.value().detach();
  }
  for (const auto& item : (*encoder)->named_buffers()) {
    checkpoint->tensors[prefix + item.key()] = item.value();
  }
}

// What the command printed, and how it ended.
std::string Run(const std::string& command, int* status) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  size_t count = 0;
  while ((count = fread(buffer, 1, sizeof(buffer), pipe)) > 0) {
    output.append(buffer, count);
  }
  *status = pclose(pipe);
  return output;
}

}  // namespace

EncoderSpec SmallEncoderSpec(VitPositions positions) {
  EncoderSpec spec;
  spec.set_image_size_px(16);
  VitSpec* vit = spec.mutable_vit();
  vit->set_variant(VIT_CUSTOM);
  vit->set_patch_size_px(4);
  vit->set_width(32);
  vit->set_depth(2);
  vit->set_heads(4);
  vit->set_mlp_ratio(4);
  vit->set_freeze_patch_projection(positions == FIXED_SIN_COS);
  vit->set_positions(positions);
  return spec;
}

void WriteSmallCheckpoint(const EncoderSpec& encoder, const std::string& path) {
  ExperimentSpec spec;
  spec.set_name("small");
  spec.mutable_snclr()->set_neighbors(2);
  spec.mutable_data()->mutable_procedural();
  *spec.mutable_encoder() = encoder;
  const auto resolved = ResolveSpec(spec, "test");
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  Checkpoint checkpoint;
  checkpoint.step = 7;
  checkpoint.method = "snclr";
  checkpoint.spec = SpecToText(*resolved);
  checkpoint.spec_hash = SpecHash(*resolved);
  checkpoint.encoder = encoder.ShortDebugString();
  Add(encoder, "encoder.", 1, &checkpoint);
  if (encoder.has_vit()) Add(encoder, "momentum.encoder.", 2, &checkpoint);
  const auto written = WriteCheckpoint(checkpoint, path);
  ASSERT_TRUE(written.ok()) << written.status();
}

std::string FreshFolder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/", test->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

bool HasPythonTorch(std::string* why) {
  int status = 0;
  Run(absl::StrCat(kPython, " -c 'import torch'"), &status);
  *why = absl::StrCat(kPython, " has no torch (package python3-torch)");
  return status == 0;
}

std::string RunPeer(const std::string& command, const std::string& folder) {
  int status = 0;
  const std::string output =
      Run(absl::StrCat(kPython, " ", kPeer, " ", command, " '", folder, "'"),
          &status);
  EXPECT_EQ(status, 0) << "peer.py " << command << ": " << output;
  return output;
}

}  // namespace snclr
