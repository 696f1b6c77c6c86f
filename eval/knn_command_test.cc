// SPDX-License-Identifier: MIT
#include "eval/knn_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "eval/command_testing.h"
#include "eval/knn_evaluation.h"
#include "experiments/trainer/checkpoint_folder.h"

namespace snclr {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::UnorderedElementsAre;

class KnnCommandTest : public EvaluatedRunTest {
 protected:
  absl::Status Run(EvalCommand command) {
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
};

TEST_F(KnnCommandTest, EvaluatesARunByNameByFolderAndByFile) {
  const std::string file = ListCheckpoints(run_).at(0);
  for (const std::string& checkpoint : {std::string("small/001"), run_, file}) {
    const absl::Status status = Run({checkpoint, "", "", {}, ""});
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(printed_.str(), HasSubstr(ExpectedTop1(5)));
    EXPECT_THAT(printed_.str(), HasSubstr("trained for 3 steps"));
    EXPECT_THAT(printed_.str(),
                HasSubstr("k = 5, T = 0.07; n = 30 test images, by 60"));
  }
}

TEST_F(KnnCommandTest, AnImportedCheckpointSaysWhatItIs) {
  auto checkpoint = ReadCheckpoint(ListCheckpoints(run_).at(0));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  checkpoint->step = 0;
  checkpoint->origin = "vit.pth.tar: vit_small, epoch 300";
  const std::string file = out_ + "/imported.safetensors";
  ASSERT_TRUE(WriteCheckpoint(*checkpoint, file).ok());
  const absl::Status status = Run({file, "", "", {}, ""});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(printed_.str(),
              HasSubstr(file + ", imported from vit.pth.tar: vit_small, epoch "
                               "300\n"));
}

TEST_F(KnnCommandTest, SetsFieldsOfTheSpec) {
  const absl::Status status =
      Run({"small/001", "", "", {"evaluation.knn.neighbors=9"}, ""});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(printed_.str(), HasSubstr(ExpectedTop1(9)));
  EXPECT_THAT(printed_.str(), HasSubstr("k = 9"));
}

TEST_F(KnnCommandTest, PassesOverADamagedNewestCheckpoint) {
  const auto newest = WriteStep(4);
  ASSERT_TRUE(newest.ok()) << newest.status();
  std::filesystem::resize_file(newest->path, newest->bytes - 10);
  const absl::Status status = Run({"small/001", "", "", {}, ""});
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
      Run({"small/001", "", "", {"encoder.vit.depth=2"}, ""});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.ToString(), HasSubstr("vit.depth"));
}

TEST_F(KnnCommandTest, OtherDataReplacesTheSourceAndItsNumbers) {
  const absl::Status status =
      Run({"small/001", "", out_ + "/no_images", {}, ""});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.ToString(), HasSubstr("no_images"));
}

TEST_F(KnnCommandTest, RecordsUnderTheRunItsOwnNameKept) {
  Track();
  const absl::Status status = Run(Command());
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(printed_.str(), HasSubstr("recorded at step 3 of small/001: "
                                        "knn_top1_eval, knn_top5_eval"));
  const auto recorded = Recorded();
  EXPECT_THAT(recorded,
              UnorderedElementsAre(Key("knn_top1_eval"), Key("knn_top5_eval")));
  EXPECT_EQ(absl::StrFormat("k-NN top-1 %.2f %%", recorded.at("knn_top1_eval")),
            ExpectedTop1(5));
}

TEST_F(KnnCommandTest, OtherImagesAreRecordedAsTransfer) {
  Track();
  ASSERT_TRUE(Run(Command({"data.train_images=40"})).ok());
  EXPECT_THAT(Recorded(),
              Contains(Key("transfer/procedural-40x30/knn_top1_eval")));
  // How images are loaded does not make them others.
  ASSERT_TRUE(Run(Command({"data.workers=1", "data.global_batch=8"})).ok());
  EXPECT_THAT(Recorded(), Contains(Key("knn_top1_eval")));
}

TEST_F(KnnCommandTest, SaysWhenNothingWasRecorded) {
  ASSERT_TRUE(Run(Command()).ok());
  EXPECT_THAT(printed_.str(), HasSubstr("not recorded: "));
  EXPECT_THAT(printed_.str(), HasSubstr("lies in no run's folder"));
  Track();
  EvalCommand elsewhere = Command();
  elsewhere.db = out_ + "/other.sqlite";
  ASSERT_TRUE(Run(elsewhere).ok());
  EXPECT_THAT(printed_.str(), HasSubstr("not recorded: "));
  EXPECT_THAT(printed_.str(), HasSubstr("other.sqlite"));
}

TEST_F(KnnCommandTest, ACheckpointOfAnotherRunIsNotRecordedUnderThisOne) {
  Track();
  spec_.set_seed(99);
  ASSERT_TRUE(WriteStep(4).ok());
  ASSERT_TRUE(Run(Command()).ok());
  EXPECT_THAT(printed_.str(), HasSubstr("not recorded: "));
  EXPECT_THAT(printed_.str(), HasSubstr("another spec"));
}

}  // namespace
}  // namespace snclr
