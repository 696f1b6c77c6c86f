// SPDX-License-Identifier: MIT
#include "eval/extract_command.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "eval/command_testing.h"
#include "eval/npy.h"
#include "snclr/core/base/safetensors.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

class ExtractCommandTest : public EvaluatedRunTest {
 protected:
  absl::Status Run(const ExtractTarget& target) {
    return RunExtract(Command(), target, printed_);
  }
};

TEST(NpyHeaderTest, IsTheFormatsByByte) {
  const auto header = NpyHeader(at::ones({7}, at::kFloat));
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->size(), 128u);
  EXPECT_EQ(header->substr(0, 10),
            std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(header->substr(10, 60),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }   ");
  EXPECT_EQ(header->back(), '\n');
  EXPECT_THAT(*NpyHeader(at::ones({2, 3}, at::kLong)),
              HasSubstr("'<i8', 'fortran_order': False, 'shape': (2, 3), }"));
  EXPECT_EQ(NpyHeader(at::ones({2}, at::kBool)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ExtractCommandTest, SafetensorsHoldWhatTheEncoderGives) {
  const absl::Status status = Run({"test", out_ + "/f.safetensors"});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(printed_.str(), HasSubstr("16 features of 30 test images"));
  const auto file = ReadTensorFile(out_ + "/f.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Get("features")->sizes(), (std::vector<int64_t>{30, 16}));
  EXPECT_TRUE(at::equal(*file->Get("index"), at::arange(30, at::kLong)));
  EXPECT_EQ(file->metadata.at("step"), "3");
  const auto json = nlohmann::json::parse(ReadFile(out_ + "/f.json"));
  EXPECT_EQ(json["names"].size(), 30u);
  EXPECT_EQ(json["classes"].size(), 4u);
  EXPECT_EQ(json["split"], "test");
}

TEST_F(ExtractCommandTest, BothFormatsHoldTheSame) {
  ASSERT_TRUE(Run({"train", out_ + "/a.safetensors"}).ok());
  ASSERT_TRUE(Run({"train", out_ + "/b.npy"}).ok());
  const auto file = ReadTensorFile(out_ + "/a.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  for (const char* name : {"features", "labels", "index"}) {
    const at::Tensor tensor = *file->Get(name);
    const std::string bytes = ReadFile(absl::StrCat(
        out_, "/b.",
        std::string(name) == "features" ? "" : absl::StrCat(name, "."), "npy"));
    ASSERT_GT(bytes.size(), tensor.nbytes()) << name;
    EXPECT_EQ(bytes.size() - tensor.nbytes(), 128u);
    EXPECT_EQ(bytes.substr(128),
              std::string(static_cast<const char*>(tensor.const_data_ptr()),
                          tensor.nbytes()))
        << name;
  }
  EXPECT_EQ(nlohmann::json::parse(ReadFile(out_ + "/a.json"))["names"],
            nlohmann::json::parse(ReadFile(out_ + "/b.json"))["names"]);
}

TEST_F(ExtractCommandTest, NumpyLoadsIt) {
  if (std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
    GTEST_SKIP() << "/usr/bin/python3 has no numpy here";
  }
  ASSERT_TRUE(Run({"train", out_ + "/f.npy"}).ok());
  ASSERT_TRUE(Run({"train", out_ + "/f.safetensors"}).ok());
  const auto file = ReadTensorFile(out_ + "/f.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  const double sum =
      file->Get("features")->to(at::kDouble).sum().item<double>();
  const auto label_sum = file->Get("labels")->sum().item<int64_t>();
  const std::string program = absl::StrCat(
      "import numpy as n\n"
      "f = n.load('",
      out_, "/f.npy'); l = n.load('", out_, "/f.labels.npy'); i = n.load('",
      out_,
      "/f.index.npy')\n"
      "assert f.shape == (60, 16) and f.dtype == n.float32, (f.shape, "
      "f.dtype)\n"
      "assert l.dtype == n.int64 and int(l.sum()) == ",
      label_sum,
      ", l.sum()\n"
      "assert (i == n.arange(60)).all()\n"
      "assert abs(float(f.astype(n.float64).sum()) - ",
      sum, ") < 1e-3, f.sum()\n");
  std::ofstream(out_ + "/check.py") << program;
  EXPECT_EQ(std::system(("/usr/bin/python3 " + out_ + "/check.py").c_str()), 0)
      << program;
}

TEST_F(ExtractCommandTest, AnotherSuffixOrSplitIsRefused) {
  absl::Status status = Run({"train", out_ + "/f.csv"});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.ToString(), HasSubstr(".safetensors"));
  status = Run({"validation", out_ + "/f.npy"});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.ToString(), HasSubstr("validation"));
}

}  // namespace
}  // namespace snclr
