// SPDX-License-Identifier: MIT
#include "data/sources/shard_pattern.h"

#include <glob.h>

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

constexpr int64_t kMaxShards = 1000000;

// "008..011" -> 008, 009, 010, 011.
absl::StatusOr<std::vector<std::string>> ExpandRange(absl::string_view first,
                                                     absl::string_view last) {
  int64_t from = 0, to = 0;
  if (!absl::SimpleAtoi(first, &from) || !absl::SimpleAtoi(last, &to) ||
      from < 0 || to < from || to - from >= kMaxShards) {
    return absl::InvalidArgumentError(
        absl::StrCat("{", first, "..", last, "} is no range of shards"));
  }
  const bool padded = first.size() > 1 && first[0] == '0';
  std::vector<std::string> numbers;
  for (int64_t i = from; i <= to; ++i) {
    numbers.push_back(absl::StrFormat(
        "%0*d", padded ? static_cast<int>(first.size()) : 1, i));
  }
  return numbers;
}

absl::StatusOr<std::vector<std::string>> Alternatives(
    absl::string_view inside) {
  const size_t dots = inside.find("..");
  if (dots != absl::string_view::npos) {
    return ExpandRange(inside.substr(0, dots), inside.substr(dots + 2));
  }
  return std::vector<std::string>(absl::StrSplit(inside, ','));
}

// Appends the files that match `path`, which may be one file.
absl::Status Match(const std::string& path, const std::string& field,
                   std::vector<std::string>& shards) {
  glob_t found;
  const int failed = glob(path.c_str(), GLOB_ERR, nullptr, &found);
  for (size_t i = 0; failed == 0 && i < found.gl_pathc; ++i) {
    shards.push_back(found.gl_pathv[i]);
  }
  if (failed == 0) globfree(&found);
  if (failed == 0) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(field, ": no such file: ", path));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ExpandBraces(
    absl::string_view pattern) {
  const size_t open = pattern.find('{');
  if (open == absl::string_view::npos) {
    if (pattern.find('}') != absl::string_view::npos) {
      return absl::InvalidArgumentError("'}' without '{'");
    }
    return std::vector<std::string>{std::string(pattern)};
  }
  const size_t close = pattern.find('}', open);
  if (close == absl::string_view::npos) {
    return absl::InvalidArgumentError("'{' without '}'");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> choices,
                   Alternatives(pattern.substr(open + 1, close - open - 1)));
  ASSIGN_OR_RETURN(const std::vector<std::string> rests,
                   ExpandBraces(pattern.substr(close + 1)));
  if (static_cast<int64_t>(choices.size() * rests.size()) > kMaxShards) {
    return absl::InvalidArgumentError("more than a million shards");
  }
  std::vector<std::string> expanded;
  for (const std::string& choice : choices) {
    for (const std::string& rest : rests) {
      expanded.push_back(absl::StrCat(pattern.substr(0, open), choice, rest));
    }
  }
  return expanded;
}

absl::StatusOr<std::vector<std::string>> FindShards(const std::string& pattern,
                                                    const std::string& field) {
  const absl::StatusOr<std::vector<std::string>> expanded =
      ExpandBraces(pattern);
  RETURN_IF_ERROR(expanded.status()) << field << ": \"" << pattern << "\"";
  std::vector<std::string> shards;
  for (const std::string& path : *expanded) {
    RETURN_IF_ERROR(Match(UserPath(path), field, shards));
  }
  return shards;
}

}  // namespace snclr
