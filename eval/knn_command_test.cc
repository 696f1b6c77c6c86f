// SPDX-License-Identifier: MIT
#include "eval/knn_command.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "eval/knn_evaluation.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

constexpr char kSpec[] = R"(
  name: "small"
  snclr { neighbors: 2 bank { rows: 64 } }
  encoder {
    image_size_px: 16
    vit { variant: VIT_CUSTOM width: 16 depth: 1 heads: 2 patch_size_px: 8 }
  }
  data {
    procedural { classes: 4 image_size_px: 16 }
    train_images: 60
    test_images: 30
    global_batch: 16
  }
  augmentation { eval { resize_ratio: 1 } }
  evaluation { knn { neighbors: 5 } }
)";

// A folder `out` with the run small/001 in it, three steps old.
class KnnCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = std::string(::testing::TempDir()) + "/" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
    run_ = out_ + "/small/001";
    std::filesystem::remove_all(out_);
    std::filesystem::create_directories(run_);

    ExperimentSpec written;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(kSpec, &written));
    const auto spec = ResolveSpec(written, "test");
    ASSERT_TRUE(spec.ok()) << spec.status();
    spec_ = *spec;
    const auto encoder = MakeEncoder(spec_.encoder(), /*seed=*/1);
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    encoder_ = *encoder;
    ASSERT_TRUE(WriteStep(3).ok());
  }

  absl::StatusOr<CheckpointFile> WriteStep(int64_t step) {
    Checkpoint checkpoint;
    checkpoint.step = step;
    checkpoint.method = "snclr";
    checkpoint.spec = SpecToText(spec_);
    checkpoint.spec_hash = SpecHash(spec_);
    google::protobuf::TextFormat::PrintToString(spec_.encoder(),
                                                &checkpoint.encoder);
    for (const auto& item : encoder_->named_parameters()) {
      checkpoint.tensors["encoder." + item.key()] = item.value().detach();
    }
    return AddCheckpoint(checkpoint, run_, /*keep=*/5);
  }

  absl::Status Run(KnnCommand command) {
    if (command.out.empty()) command.out = out_;
    printed_.str("");
    return RunKnn(command, printed_);
  }

  // What the command should print.
  std::string ExpectedTop1(int64_t neighbors) {
    const auto knn = KnnEvaluation::Create(spec_.data(), spec_.augmentation(),
                                           {neighbors, 0.07}, 256);
    EXPECT_TRUE(knn.ok()) << knn.status();
    const auto result = (*knn)->Run(*encoder_);
    EXPECT_TRUE(result.ok()) << result.status();
    return absl::StrFormat("k-NN top-1 %.2f %%", result->top1);
  }

  std::string out_;
  std::string run_;
  ExperimentSpec spec_;
  std::shared_ptr<Encoder> encoder_;
  std::ostringstream printed_;
};

TEST_F(KnnCommandTest, EvaluatesARunByNameByFolderAndByFile) {
  const std::string file = ListCheckpoints(run_).at(0);
  for (const std::string& checkpoint : {std::string("small/001"), run_, file}) {
    const absl::Status status = Run({checkpoint, "", "", {}});
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(printed_.str(), HasSubstr(ExpectedTop1(5)));
    EXPECT_THAT(printed_.str(), HasSubstr("trained for 3 steps"));
    EXPECT_THAT(printed_.str(),
                HasSubstr("k = 5, T = 0.07; n = 30 test images, by 60"));
  }
}

TEST_F(KnnCommandTest, SetsFieldsOfTheSpec) {
  const absl::Status status =
      Run({"small/001", "", "", {"evaluation.knn.neighbors=9"}});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(printed_.str(), HasSubstr(ExpectedTop1(9)));
  EXPECT_THAT(printed_.str(), HasSubstr("k = 9"));
}

TEST_F(KnnCommandTest, PassesOverADamagedNewestCheckpoint) {
  const auto newest = WriteStep(4);
  ASSERT_TRUE(newest.ok()) << newest.status();
  std::filesystem::resize_file(newest->path, newest->bytes - 10);
  const absl::Status status = Run({"small/001", "", "", {}});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(printed_.str(), HasSubstr("trained for 3 steps"));
}

TEST_F(KnnCommandTest, AMissingCheckpointIsNotFoundInEitherPlace) {
  const absl::Status status = Run({"small/002", "", "", {}});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.ToString(), HasSubstr("small/002"));
  EXPECT_EQ(Run({}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(KnnCommandTest, AFileThatIsNoCheckpointIsNamed) {
  const std::string path = out_ + "/notes.safetensors";
  std::ofstream(path) << "not a checkpoint";
  const absl::Status status = Run({path, "", "", {}});
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.ToString(), HasSubstr("notes.safetensors"));
}

TEST_F(KnnCommandTest, AnotherEncoderIsRefusedWithTheField) {
  const absl::Status status =
      Run({"small/001", "", "", {"encoder.vit.depth=2"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.ToString(), HasSubstr("vit.depth"));
}

TEST_F(KnnCommandTest, OtherDataReplacesTheSourceAndItsNumbers) {
  const absl::Status status = Run({"small/001", "", out_ + "/no_images", {}});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.ToString(), HasSubstr("no_images"));
}

}  // namespace
}  // namespace snclr
