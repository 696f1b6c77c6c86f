// SPDX-License-Identifier: MIT
#ifndef TOOLS_COMPARE_FIRST_OF_H_
#define TOOLS_COMPARE_FIRST_OF_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace snclr {

// "a, b, c and 7 more": a line that names what it can and counts the rest.
inline std::string FirstOf(const std::vector<std::string>& names, size_t max) {
  const size_t named = std::min(names.size(), max);
  const std::string more =
      named < names.size()
          ? absl::StrCat(" and ", names.size() - named, " more")
          : "";
  return absl::StrCat(absl::StrJoin(names.begin(), names.begin() + named, ", "),
                      more);
}

}  // namespace snclr

#endif  // TOOLS_COMPARE_FIRST_OF_H_
