// SPDX-License-Identifier: MIT
#include "tools/compare/names.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace snclr {
namespace {

// Takes the next name and its comma off `rest`.
std::string TakeName(absl::string_view* rest) {
  *rest = absl::StripLeadingAsciiWhitespace(*rest);
  std::string name;
  if (!rest->empty() && rest->front() == '"') {
    size_t i = 1;
    for (; i < rest->size(); ++i) {
      if ((*rest)[i] == '"') {
        if (i + 1 >= rest->size() || (*rest)[i + 1] != '"') break;
        ++i;
      }
      name += (*rest)[i];
    }
    rest->remove_prefix(std::min(i + 1, rest->size()));
  }
  const size_t comma = std::min(rest->find(','), rest->size());
  name +=
      std::string(absl::StripTrailingAsciiWhitespace(rest->substr(0, comma)));
  rest->remove_prefix(std::min(comma + 1, rest->size()));
  return name;
}

}  // namespace

std::vector<std::string> Names(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists) {
    absl::string_view rest = list;
    while (!rest.empty()) {
      std::string name = TakeName(&rest);
      if (name.empty() ||
          std::find(names.begin(), names.end(), name) != names.end()) {
        continue;
      }
      names.push_back(std::move(name));
    }
  }
  return names;
}

}  // namespace snclr
