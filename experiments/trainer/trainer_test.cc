// SPDX-License-Identifier: MIT
// The trainer with a method of its own, made to misbehave on demand: the
// trainer knows no method. With SNCLR in real processes: kill_test.cc.
#include "experiments/trainer/trainer.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <utility>

#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/pull_method.h"
#include "experiments/trainer/run_folder.h"

namespace snclr {
namespace {

using testing::HasSubstr;
using testing::Not;

// 5 steps an epoch, 3 epochs; a checkpoint every 4 steps.
ExperimentSpec TinySpec(int width = 8) {
  ExperimentSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(name: "tiny"
         snclr { neighbors: 0 }
         encoder { image_size_px: 16
                   vit { variant: VIT_CUSTOM depth: 1 heads: 2 patch_size_px: 8
                         mlp_ratio: 2 } }
         data { procedural { classes: 2 image_size_px: 16 }
                train_images: 40 test_images: 10 global_batch: 8 workers: 1 }
         optimizer { base_lr: 0.01 lr_scaling: NO_SCALING }
         schedule { epochs: 3 warmup_epochs: 1 }
         evaluation { knn { every_epochs: 2 neighbors: 5 } }
         checkpoint { every_steps: 4 every_minutes: 0 }
         tracking { every_steps: 1 }
         watch { every_steps: 0 })",
      &spec));
  spec.mutable_encoder()->mutable_vit()->set_width(width);
  const auto resolved = ResolveSpec(spec, "tiny");
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return *resolved;
}

class TrainTest : public testing::Test {
 protected:
  TrainTest()
      : out_(testing::TempDir() + "/train_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(out_);
    screen_ = std::tmpfile();
  }
  ~TrainTest() override { std::fclose(screen_); }

  absl::StatusOr<TrainResult> Run(const ExperimentSpec& spec = TinySpec(),
                                  int64_t max_steps = 0,
                                  PullMethod::Trouble trouble = {},
                                  const std::string& out = "",
                                  bool profile = false) {
    TrainOptions options;
    options.profile = profile;
    options.out = out.empty() ? out_ : out;
    options.db = options.out + "/tracker.sqlite";
    options.max_steps = max_steps;
    options.source_folder = "/";
    options.screen = screen_;
    return Train(spec, options,
                 [&](const ExperimentSpec&, std::shared_ptr<Encoder> encoder,
                     ProcessGroup&) -> absl::StatusOr<std::unique_ptr<Method>> {
                   return std::make_unique<PullMethod>(std::move(encoder),
                                                       trouble);
                 });
  }

  // The checksum of the run that nothing disturbs.
  std::string Undisturbed() {
    const auto result = Run(TinySpec(), 0, {}, out_ + "_undisturbed");
    EXPECT_TRUE(result.ok()) << result.status();
    std::filesystem::remove_all(out_ + "_undisturbed");
    return result.ok() ? result->weights : "";
  }

  std::string Screen() const {
    std::string text(std::ftell(screen_), '\0');
    std::rewind(screen_);
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), screen_), text.size());
    return text;
  }

  const std::string out_;
  std::FILE* screen_;
};

TEST_F(TrainTest, WithoutNvjpegTheCpuDecodesAndItSaysSo) {
  ExperimentSpec spec = TinySpec();
  spec.mutable_data()->set_jpeg_decoder(NVJPEG);
  const auto result = Run(spec);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(Screen(), HasSubstr("data.jpeg_decoder: no NVJPEG, but LIBJPEG, "
                                  "whose pixels differ: it is for GPUs"));
  EXPECT_EQ(result->weights, Undisturbed()) << "there are no JPEGs";
}

TEST_F(TrainTest, AProfileIsWrittenAndChangesNoNumber) {
  const auto result = Run(TinySpec(), 0, {}, "", /*profile=*/true);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(std::filesystem::exists(result->folder + "/profile.json"));
  const std::string screen = Screen();
  EXPECT_THAT(screen, HasSubstr("where a step's time goes (10 steps, "));
  for (const char* phase : {"data", "forward", "backward", "optimizer"}) {
    EXPECT_THAT(screen, HasSubstr(std::string("\n  ") + phase + " "));
  }
  EXPECT_EQ(result->weights, Undisturbed());
}

TEST_F(TrainTest, FinishesAndLeavesARunFolder) {
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->run, "tiny/001");
  EXPECT_EQ(result->step, 15);
  EXPECT_TRUE(result->finished);
  EXPECT_EQ(result->results.count("knn_top1_untrained"), 1u);
  EXPECT_EQ(result->results.count("knn_top1"), 1u);
  EXPECT_EQ(ReadRunEnd(result->folder)->kind, RunEnd::Kind::kFinished);
  const auto checkpoints = ListCheckpoints(result->folder);
  ASSERT_EQ(checkpoints.size(), 2u);
  EXPECT_THAT(checkpoints[0], HasSubstr("checkpoint-00000015.safetensors"));
  EXPECT_THAT(checkpoints[1], HasSubstr("checkpoint-00000012.safetensors"));
  EXPECT_THAT(Screen(), HasSubstr("weights " + result->weights));
  EXPECT_TRUE(std::filesystem::exists(result->folder + "/train.log"));
}

TEST_F(TrainTest, AStepLimitStopsAndTheSameCommandGoesOnToTheSameWeights) {
  const auto part = Run(TinySpec(), 7);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->step, 7);
  EXPECT_FALSE(part->finished);
  EXPECT_EQ(ReadRunEnd(part->folder)->kind, RunEnd::Kind::kStopped);
  const auto again = Run(TinySpec(), 7);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->weights, part->weights);
  const auto rest = Run();
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->run, "tiny/001");
  EXPECT_EQ(rest->step, 15);
  EXPECT_EQ(rest->weights, Undisturbed());
  EXPECT_EQ(rest->results.count("knn_top1_untrained"), 1u);
}

TEST_F(TrainTest, ASignalEndsTheStepSavesAndTheSameCommandGoesOn) {
  const auto stopped =
      Run(TinySpec(), 0, {{6, [](at::Tensor&) { raise(SIGTERM); }}});
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_EQ(stopped->signal, SIGTERM);
  EXPECT_EQ(stopped->step, 6);
  EXPECT_EQ(ReadRunEnd(stopped->folder)->kind, RunEnd::Kind::kStopped);
  const auto rest = Run();
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->run, "tiny/001");
  EXPECT_EQ(rest->weights, Undisturbed());
}

TEST_F(TrainTest, ANanStopsWithItsStepAndKeepsTheCheckpointBefore) {
  const auto result = Run(
      TinySpec(), 0, {{8, [](at::Tensor& loss) {
                         loss = loss * std::numeric_limits<float>::quiet_NaN();
                       }}});
  EXPECT_TRUE(absl::IsInternal(result.status()));
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("step 8: the loss is nan"));
  const std::string folder = out_ + "/tiny/001";
  EXPECT_EQ(ReadRunEnd(folder)->kind, RunEnd::Kind::kFailed);
  std::vector<std::string> damaged;
  EXPECT_EQ(ReadNewestCheckpoint(folder, &damaged)->step, 4);
}

TEST_F(TrainTest, WeightsThatAreNoNumbersAreNotSaved) {
  ExperimentSpec spec = TinySpec();
  spec.mutable_optimizer()->set_base_lr(1e40);  // beyond a float
  const auto result = Run(spec, 2);
  EXPECT_TRUE(absl::IsInternal(result.status())) << result.status();
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("no longer finite"));
  EXPECT_TRUE(ListCheckpoints(out_ + "/tiny/001").empty());
}

// Step 10 ends the second epoch, whose accuracy the spec wants.
TEST_F(TrainTest, ASignalAtAnEvaluationLosesNoAccuracy) {
  ASSERT_TRUE(
      Run(TinySpec(), 0, {{10, [](at::Tensor&) { raise(SIGTERM); }}}).ok());
  EXPECT_THAT(Screen(), Not(HasSubstr("after 2 epochs")));
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(Screen(), HasSubstr("after 2 epochs"));
}

TEST_F(TrainTest, OtherImagesThanItBeganWithAreRefused) {
  const auto part = Run(TinySpec(), 4);
  ASSERT_TRUE(part.ok()) << part.status();
  std::vector<std::string> damaged;
  auto checkpoint = ReadNewestCheckpoint(part->folder, &damaged);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  checkpoint->data_fingerprint = "0123456789abcdef";
  ASSERT_TRUE(AddCheckpoint(*checkpoint, part->folder, 2).ok());
  const absl::Status refused = Run().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("0123456789abcdef"));
}

TEST_F(TrainTest, ADamagedNewestCheckpointIsNamedAndTheOneBeforeUsed) {
  const auto part = Run(TinySpec(), 7);
  ASSERT_TRUE(part.ok()) << part.status();
  const std::string newest = ListCheckpoints(part->folder).front();
  std::filesystem::resize_file(newest, std::filesystem::file_size(newest) - 1);
  const auto rest = Run();
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->weights, Undisturbed());
  EXPECT_THAT(Screen(), HasSubstr("passed over " + newest));
  EXPECT_THAT(Screen(), HasSubstr("continues after step 4 of 15"));
}

TEST_F(TrainTest, ACheckpointOfAnotherEncoderIsRefusedWithTheField) {
  const auto narrow = Run(TinySpec(8), 7);
  ASSERT_TRUE(narrow.ok()) << narrow.status();
  const auto wide = Run(TinySpec(16), 7);
  ASSERT_TRUE(wide.ok()) << wide.status();
  EXPECT_EQ(wide->run, "tiny/002");
  std::filesystem::copy(ListCheckpoints(narrow->folder).front(),
                        ListCheckpoints(wide->folder).front(),
                        std::filesystem::copy_options::overwrite_existing);
  const auto refused = Run(TinySpec(16));
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()),
              HasSubstr("encoder.vit.width: 8 -> 16"));
}

TEST_F(TrainTest, ABatchLargerThanTheDataSetIsRefusedBeforeAnythingIsMade) {
  ExperimentSpec spec = TinySpec();
  spec.mutable_data()->set_global_batch(41);
  const auto result = Run(spec);
  EXPECT_TRUE(absl::IsInvalidArgument(result.status()));
  EXPECT_THAT(std::string(result.status().message()),
              HasSubstr("data.global_batch"));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

TEST_F(TrainTest, AFileThatIsNoDatabaseIsRefusedBeforeThereIsARun) {
  std::filesystem::create_directories(out_);
  std::ofstream(out_ + "/tracker.sqlite") << std::string(5000, 'x');
  EXPECT_TRUE(absl::IsInvalidArgument(Run().status())) << Run().status();
  EXPECT_FALSE(std::filesystem::exists(out_ + "/tiny"));
}

}  // namespace
}  // namespace snclr
