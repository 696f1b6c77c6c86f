// SPDX-License-Identifier: MIT
#include "experiments/trainer/profile.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/record_function.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_join.h"

namespace snclr {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ProfileTest : public testing::Test {
 protected:
  ProfileTest()
      : path_(testing::TempDir() + "/profile_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() +
              ".json") {
    std::filesystem::remove(path_);
  }

  static void Step() {
    RECORD_USER_SCOPE("step.forward");
    const at::Tensor a = at::ones({100, 50});
    at::mm(a, a.t());  // 2 x 100 x 50 x 100 = 1e6 operations
  }

  const std::string path_;
};

TEST_F(ProfileTest, RecordsTenStepsAfterThree) {
  Profile profile(path_, at::kCPU);
  std::string text;
  for (int64_t step = 0; step < 20; ++step) {
    const auto lines = profile.BeforeStep();
    ASSERT_TRUE(lines.ok()) << lines.status();
    // What is before step 13 has seen steps 3 to 12.
    EXPECT_EQ(!lines->empty(), step == 13) << step;
    if (!lines->empty()) text = absl::StrJoin(*lines, "\n");
    Step();
  }
  EXPECT_THAT(text, HasSubstr("(10 steps"));
  EXPECT_THAT(text, HasSubstr("  forward "));
  EXPECT_THAT(text, HasSubstr(": 0.00 GFLOP a step"));
  EXPECT_THAT(text, HasSubstr(path_));
  const auto at_end = profile.AtEnd();
  ASSERT_TRUE(at_end.ok());
  EXPECT_THAT(*at_end, IsEmpty());
  EXPECT_FALSE(torch::profiler::impl::profilerEnabled());
}

TEST_F(ProfileTest, WritesATraceWithPhasesAndOperators) {
  Profile profile(path_, at::kCPU);
  for (int64_t step = 0; step < 5; ++step) {
    ASSERT_TRUE(profile.BeforeStep().ok());
    Step();
  }
  const auto lines = profile.AtEnd();  // a run that ends early
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_THAT(absl::StrJoin(*lines, "\n"), HasSubstr("(2 steps"));
  std::ifstream file(path_);
  const nlohmann::json trace = nlohmann::json::parse(file);
  std::multiset<std::string> names;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.contains("dur")) names.insert(event.at("name"));
  }
  EXPECT_EQ(names.count("step.forward"), 2u);
  EXPECT_EQ(names.count("aten::mm"), 2u);
}

TEST_F(ProfileTest, NothingIsRecordedInARunThatIsTooShort) {
  Profile profile(path_, at::kCPU);
  ASSERT_TRUE(profile.BeforeStep().ok());
  Step();
  const auto lines = profile.AtEnd();
  ASSERT_TRUE(lines.ok());
  EXPECT_THAT(absl::StrJoin(*lines, "\n"), HasSubstr("at least 4 steps"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ProfileTest, SaysWhereTheTraceCannotBeWritten) {
  Profile profile(path_ + "/no/such/folder.json", at::kCPU);
  for (int64_t step = 0; step < 4; ++step) {
    ASSERT_TRUE(profile.BeforeStep().ok());
  }
  const auto lines = profile.AtEnd();
  EXPECT_TRUE(absl::IsNotFound(lines.status())) << lines.status();
  EXPECT_THAT(std::string(lines.status().message()), HasSubstr("folder.json"));
}

TEST_F(ProfileTest, ARecordingThatIsDroppedEnds) {
  {
    Profile profile(path_, at::kCPU);
    for (int64_t step = 0; step < 5; ++step) {
      ASSERT_TRUE(profile.BeforeStep().ok());
    }
    EXPECT_TRUE(torch::profiler::impl::profilerEnabled());
  }
  EXPECT_FALSE(torch::profiler::impl::profilerEnabled());
}

}  // namespace
}  // namespace snclr
