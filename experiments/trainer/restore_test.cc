// SPDX-License-Identifier: MIT
#include "experiments/trainer/restore.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <google/protobuf/text_format.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

EncoderSpec TinyVit(int width = 8) {
  EncoderSpec spec;
  spec.set_image_size_px(8);
  VitSpec* vit = spec.mutable_vit();
  vit->set_variant(VIT_CUSTOM);
  vit->set_width(width);
  vit->set_depth(1);
  vit->set_heads(2);
  vit->set_patch_size_px(4);
  vit->set_mlp_ratio(2);
  vit->set_freeze_patch_projection(true);
  return spec;
}

// The checkpoint of an encoder and something beside it.
Checkpoint CheckpointOf(const Encoder& encoder) {
  Checkpoint checkpoint;
  checkpoint.step = 7;
  google::protobuf::TextFormat::PrintToString(encoder.spec(),
                                              &checkpoint.encoder);
  NamedTensors tensors;
  for (const auto& item : encoder.named_parameters()) {
    tensors.push_back({"encoder." + item.key(), item.value().detach()});
  }
  tensors.push_back({"projector.0.weight", at::ones({2})});
  EXPECT_TRUE(checkpoint.Add(tensors).ok());
  return checkpoint;
}

bool Says(const absl::Status& status, const char* text) {
  return absl::IsFailedPrecondition(status) &&
         absl::StrContains(status.message(), text);
}

class RestoreAllTest : public testing::Test {
 protected:
  RestoreAllTest() {
    EXPECT_TRUE(
        saved_
            .Add({{"a", at::full({2}, 3.0)}, {"b", at::full({}, 4, at::kLong)}})
            .ok());
  }
  Checkpoint saved_;
};

TEST_F(RestoreAllTest, CopiesIntoTheMemoryThatIsThere) {
  const at::Tensor flat = at::zeros({4});
  const at::Tensor a = flat.slice(0, 1, 3), b = at::zeros({}, at::kLong);
  ASSERT_TRUE(RestoreAll(saved_, {{"a", a}, {"b", b}}).ok());
  EXPECT_EQ(flat[1].item<float>(), 3.0f);
  EXPECT_EQ(flat[3].item<float>(), 0.0f);
  EXPECT_EQ(b.item<int64_t>(), 4);
}

TEST_F(RestoreAllTest, AMissingTensorIsNamedAndNothingIsCopied) {
  const at::Tensor a = at::zeros({2});
  const absl::Status status = RestoreAll(
      saved_,
      {{"a", a}, {"b", at::zeros({}, at::kLong)}, {"c", at::zeros({1})}});
  EXPECT_TRUE(Says(status, "it has no 'c'")) << status;
  EXPECT_EQ(a.sum().item<float>(), 0.0f);
}

TEST_F(RestoreAllTest, ATensorWithoutAPlaceIsNamed) {
  EXPECT_TRUE(Says(RestoreAll(saved_, {{"a", at::zeros({2})}}), "its 'b'"));
}

TEST_F(RestoreAllTest, AnotherShapeOrDtypeIsNamedAndNothingIsCopied) {
  const at::Tensor a = at::zeros({2}), b = at::zeros({}, at::kLong);
  EXPECT_TRUE(
      Says(RestoreAll(saved_, {{"a", a}, {"b", at::zeros({1}, at::kLong)}}),
           "'b' is [] Long, here it is [1] Long"));
  EXPECT_TRUE(
      Says(RestoreAll(saved_, {{"a", at::zeros({2}, at::kDouble)}, {"b", b}}),
           "'a' is [2] Float, here it is [2] Double"));
  EXPECT_EQ(a.sum().item<float>(), 0.0f);
}

TEST(EncoderOfTest, GivesTheWeightsOfTheCheckpoint) {
  const auto trained = *MakeEncoder(TinyVit(), /*seed=*/5);
  const auto loaded = EncoderOf(CheckpointOf(*trained));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const at::Tensor images = at::ones({2, 3, 8, 8});
  trained->eval();
  EXPECT_TRUE(at::equal((*loaded)->Forward(images), trained->Forward(images)));
  EXPECT_FALSE((*loaded)->is_training());
}

TEST(EncoderOfTest, WeightsThatAreNotThoseOfItsSpecAreRefused) {
  Checkpoint checkpoint = CheckpointOf(**MakeEncoder(TinyVit(8), 5));
  google::protobuf::TextFormat::PrintToString(TinyVit(16), &checkpoint.encoder);
  EXPECT_TRUE(absl::IsFailedPrecondition(EncoderOf(checkpoint).status()));
  checkpoint.encoder = "no_such_field: 1";
  EXPECT_TRUE(absl::IsInvalidArgument(EncoderOf(checkpoint).status()));
}

TEST(RestoreEncoderTest, AnotherEncoderIsRefusedWithTheField) {
  const Checkpoint checkpoint = CheckpointOf(**MakeEncoder(TinyVit(8), 5));
  const auto same = *MakeEncoder(TinyVit(8), 6);
  EXPECT_TRUE(RestoreEncoder(checkpoint, *same).ok());
  const auto wider = *MakeEncoder(TinyVit(16), 6);
  EXPECT_TRUE(
      Says(RestoreEncoder(checkpoint, *wider), "encoder.vit.width: 8 -> 16"))
      << RestoreEncoder(checkpoint, *wider);
}

TEST(LoadEncoderTest, ReadsTheNewestUndamagedOneOfARun) {
  const std::string folder = testing::TempDir() + "/load_encoder";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto written =
      AddCheckpoint(CheckpointOf(**MakeEncoder(TinyVit(), 5)), folder, 2);
  ASSERT_TRUE(written.ok()) << written.status();
  int64_t step = 0;
  EXPECT_TRUE(LoadEncoder(folder, &step).ok());
  EXPECT_EQ(step, 7);
  EXPECT_TRUE(LoadEncoder(written->path).ok());
  EXPECT_TRUE(absl::IsNotFound(LoadEncoder(folder + "/nothing").status()));
}

TEST(WeightsChecksumTest, DependsOnNamesAndEveryByteOfItsHalf) {
  const at::Tensor a = at::ones({3}), b = at::zeros({2}, at::kLong);
  const std::string sum = WeightsChecksum({{"a", a}}, {{"b", b}});
  EXPECT_EQ(sum.size(), 16u);
  EXPECT_EQ(WeightsChecksum({{"a", a.clone()}}, {{"b", b.clone()}}), sum);
  EXPECT_NE(WeightsChecksum({{"c", a}}, {{"b", b}}), sum);
  b[1] = 1;
  const std::string other = WeightsChecksum({{"a", a}}, {{"b", b}});
  EXPECT_EQ(other.substr(0, 8), sum.substr(0, 8));
  EXPECT_NE(other.substr(8), sum.substr(8));
}

}  // namespace
}  // namespace snclr
