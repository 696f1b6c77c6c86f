// SPDX-License-Identifier: MIT
// What the tracker's tests share: a folder of their own and runs in it.
#ifndef EXPERIMENTS_TRACKER_TRACKER_TESTING_H_
#define EXPERIMENTS_TRACKER_TRACKER_TESTING_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "experiments/tracker/recorder.h"

#define ASSERT_OK(expression)                      \
  do {                                             \
    const absl::Status test_status = (expression); \
    ASSERT_TRUE(test_status.ok()) << test_status;  \
  } while (false)

#define ASSERT_OK_AND_ASSIGN(target, expression) \
  ASSERT_OK_AND_ASSIGN_IMPL(test_result_##target, target, expression)
#define ASSERT_OK_AND_ASSIGN_IMPL(result, target, expression) \
  auto result = (expression);                                 \
  ASSERT_TRUE(result.ok()) << result.status();                \
  auto target = *std::move(result)

namespace snclr {

// An empty folder that belongs to the running test.
inline std::string TestFolder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) /
      (std::string(test->test_suite_name()) + "." + test->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// "<name>/<id>" below `out`.
inline RunInfo TestRun(const std::string& out, const std::string& name,
                       const std::string& id) {
  RunInfo info;
  info.run = name + "/" + id;
  info.folder = out + "/" + info.run;
  info.name = name;
  info.method = "snclr";
  info.seed = 7;
  info.question = "Does K matter?";
  info.spec_text = "name: \"" + name + "\"";
  info.spec_hash = "0123456789abcdef";
  info.parameters = {{"optimizer.base_lr", "0.0005"}, {"precision", "FP32"}};
  info.data_fingerprint = "procedural-1";
  info.host = "here";
  info.device = "cpu";
  info.git_commit = "abc";
  return info;
}

inline std::string ReadTestFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void WriteTestFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace snclr

#endif  // EXPERIMENTS_TRACKER_TRACKER_TESTING_H_
