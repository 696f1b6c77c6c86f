// SPDX-License-Identifier: MIT
#include "tools/conformance/conformance.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "snclr/core/base/safetensors.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

class ConformanceTest : public ::testing::Test {
 protected:
  ConformanceTest()
      : folder_(
            std::filesystem::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::string Path(const std::string& name) const { return folder_ / name; }

  void Write(const std::string& name, const TensorFile& file) const {
    const absl::Status status = WriteTensorFile(file, Path(name));
    ASSERT_TRUE(status.ok()) << status;
  }

  absl::StatusOr<ConformanceSummary> Run() {
    return RunConformance(folder_.string(), out_);
  }

  std::filesystem::path folder_;
  std::ostringstream out_;
};

// Ten epochs, two of them warm-up: half way up at 1, half way down at 6.
TensorFile ScheduleFile() {
  const auto momentum = [](double epoch) {
    return 1 - 0.5 * (1 + std::cos(M_PI * epoch / 10)) * 0.1;
  };
  TensorFile file;
  file.metadata = {{"case", "schedule"},    {"base_lr", "0.3"},
                   {"total_batch", "512"},  {"peak_lr", "0.6"},
                   {"epochs", "10"},        {"warmup_epochs", "2"},
                   {"base_momentum", "0.9"}};
  file.tensors["in.epoch"] = at::tensor({1.0, 6.0});
  file.tensors["out.lr"] = at::tensor({0.3, 0.3});
  file.tensors["out.momentum"] = at::tensor({momentum(1), momentum(6)});
  return file;
}

TEST_F(ConformanceTest, PassesAFileThatTheCodeAgreesWith) {
  Write("any_name.safetensors", ScheduleFile());
  const auto summary = Run();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->passed, 1);
  EXPECT_EQ(summary->failed, 0);
  EXPECT_THAT(out_.str(), HasSubstr("passed   any_name  3 compared"));
}

TEST_F(ConformanceTest, FailsAWrongNumberAndNamesIt) {
  TensorFile file = ScheduleFile();
  file.tensors["out.lr"] = at::tensor({0.3, 0.3 + 1e-9});
  Write("a.safetensors", file);
  const auto summary = Run();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->failed, 1);
  EXPECT_THAT(out_.str(), HasSubstr("FAILED   a"));
  EXPECT_THAT(out_.str(), HasSubstr("lr: off by 1e-09 absolute"));
}

TEST_F(ConformanceTest, FailsAFileThatLacksATensorAndNamesIt) {
  TensorFile file = ScheduleFile();
  file.tensors.erase("out.momentum");
  Write("a.safetensors", file);
  const auto summary = Run();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->failed, 1);
  EXPECT_THAT(out_.str(), HasSubstr("out.momentum"));
}

TEST_F(ConformanceTest, SkipsWhatTheCodeDoesNotDoAndSaysSo) {
  TensorFile file = ScheduleFile();
  file.metadata["case"] = "byol_loss";
  Write("a.safetensors", file);
  Write("b.safetensors", ScheduleFile());
  const auto summary = Run();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->skipped, 1);
  EXPECT_EQ(summary->passed, 1);
  EXPECT_THAT(out_.str(), HasSubstr("case 'byol_loss' is not known"));
}

TEST_F(ConformanceTest, EveryFileThatIsNoGoldenFileIsNamed) {
  std::ofstream(Path("broken.safetensors")) << "not a tensor file";
  TensorFile weights;
  weights.tensors["w"] = at::tensor({1.0});
  Write("weights.safetensors", weights);
  const auto summary = Run();
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(summary.status().ToString(), HasSubstr("broken.safetensors"));
  EXPECT_THAT(summary.status().ToString(), HasSubstr("weights.safetensors"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ConformanceTest, AFolderThatIsMissingOrEmptyIsNotFound) {
  const auto empty = Run();
  EXPECT_EQ(empty.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(empty.status().ToString(), HasSubstr("no .safetensors"));
  const auto missing = RunConformance(Path("nowhere"), out_);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.status().ToString(), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace snclr
