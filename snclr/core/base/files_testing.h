// SPDX-License-Identifier: MIT
// Folders and small files of tests.
#ifndef SNCLR_CORE_BASE_FILES_TESTING_H_
#define SNCLR_CORE_BASE_FILES_TESTING_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace snclr {

// An empty folder that belongs to the running test; an absolute path.
inline std::string TestFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name();
  std::replace(name.begin(), name.end(), '/', '_');  // of a parametrised test
  const auto folder = std::filesystem::absolute(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

inline void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

// Nothing where there is no such file.
inline std::string ReadText(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_FILES_TESTING_H_
