// SPDX-License-Identifier: MIT
#include "experiments/proto/initial_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/proto/spec.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

class InitialWeightsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(::testing::TempDir(), "/initial_weights");
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    Write("spec.textproto", "name: \"n\" snclr {} data { procedural {} }");
    Write("a.safetensors", "123456789");
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(absl::StrCat(folder_, "/", name)) << text;
  }

  absl::StatusOr<ExperimentSpec> Load(
      const std::vector<std::string>& assignments) {
    return LoadSpec(folder_ + "/spec.textproto", assignments);
  }

  std::string File(const std::string& name) {
    return absl::StrCat("initial_weights.file=", folder_, "/", name);
  }

  std::string folder_;
};

TEST_F(InitialWeightsTest, TheChecksumIsTheFilesCrc32c) {
  const auto spec = Load({File("a.safetensors")});
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->initial_weights().checksum(), "e3069283")
      << "of 123456789, the CRC's check value";
  EXPECT_FALSE(Load({})->has_initial_weights());
}

TEST_F(InitialWeightsTest, ARunIsWhatItsWeightsAreAndNotWhereTheyLie) {
  Write("b.safetensors", "123456789");
  Write("c.safetensors", "987654321");
  const auto a = Load({File("a.safetensors")});
  const auto b = Load({File("b.safetensors")});
  const auto c = Load({File("c.safetensors")});
  ASSERT_TRUE(a.ok() && b.ok() && c.ok());
  EXPECT_EQ(SpecHash(*a), SpecHash(*b));
  EXPECT_NE(SpecHash(*a), SpecHash(*c));
  EXPECT_NE(SpecHash(*a), SpecHash(*Load({})));
}

TEST_F(InitialWeightsTest, AnotherFileThanTheSpecWantsIsRefused) {
  const auto spec =
      Load({File("a.safetensors"), "initial_weights.checksum=00000000"});
  EXPECT_THAT(std::string(spec.status().message()),
              HasSubstr("initial_weights.checksum: '00000000', but "));
  EXPECT_THAT(std::string(spec.status().message()), HasSubstr("e3069283"));
}

TEST_F(InitialWeightsTest, AFileThatCannotBeReadIsNamedWithItsField) {
  EXPECT_THAT(std::string(Load({File("none")}).status().message()),
              HasSubstr("initial_weights.file: " + folder_ +
                        "/none: No such file or directory"));
  EXPECT_THAT(std::string(Load({File("")}).status().message()),
              HasSubstr("is a folder; name a checkpoint file in it"));
  EXPECT_THAT(std::string(Load({"initial_weights={}"}).status().message()),
              HasSubstr("initial_weights.file"));
}

}  // namespace
}  // namespace snclr
