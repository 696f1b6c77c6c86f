// SPDX-License-Identifier: MIT
#include "experiments/sweep/log_tail.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace snclr {
namespace {

constexpr int64_t kLookedAtBytes = 64 << 10;

}  // namespace

int64_t FileSize(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(size);
}

std::string LastLine(const std::string& path, int64_t begin) {
  std::ifstream stream(path, std::ios::binary);
  stream.seekg(std::max(begin, FileSize(path) - kLookedAtBytes));
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  std::string last;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) last = std::string(line);
  }
  return std::string(absl::StripPrefix(last, "error: "));
}

}  // namespace snclr
