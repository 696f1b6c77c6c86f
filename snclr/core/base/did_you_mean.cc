// SPDX-License-Identifier: MIT
#include "snclr/core/base/did_you_mean.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace snclr {
namespace {

std::string Plain(absl::string_view name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"-", "_"}});
}

// Damerau and Levenshtein's distance, each letter being swapped at most once.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> before_last, last, row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before_last = last;
    last = row;
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

bool HasWord(const std::string& name, const std::string& word) {
  return absl::StrContains(absl::StrCat("_", name, "_"),
                           absl::StrCat("_", word, "_"));
}

}  // namespace

std::string ClosestName(absl::string_view typed,
                        const std::vector<std::string>& names) {
  const std::string wanted = Plain(typed);
  const std::string* nearest = nullptr;
  size_t fewest = std::max<size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t edits = EditDistance(wanted, Plain(name));
    // One edit of a single letter is any other letter.
    if (edits < fewest && edits < std::max<size_t>(wanted.size(), 1)) {
      fewest = edits;
      nearest = &name;
    }
  }
  if (nearest != nullptr) return *nearest;
  if (wanted.size() < 2) return "";
  for (const std::string& name : names) {
    const std::string plain = Plain(name);
    if (!HasWord(plain, wanted) && !absl::StartsWith(plain, wanted)) continue;
    if (nearest == nullptr || name.size() < nearest->size()) nearest = &name;
  }
  return nearest == nullptr ? "" : *nearest;
}

std::string DidYouMean(absl::string_view typed,
                       const std::vector<std::string>& names) {
  const std::string name = ClosestName(typed, names);
  return name.empty() ? "" : absl::StrCat("; did you mean '", name, "'?");
}

}  // namespace snclr
