// SPDX-License-Identifier: MIT
#include "experiments/proto/problems.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace snclr {

const std::string& Places::Find(std::string path) const {
  while (!path.empty()) {
    const auto found = places_.find(path);
    if (found != places_.end()) return found->second;
    const size_t dot = path.rfind('.');
    path.resize(dot == std::string::npos ? 0 : dot);
  }
  return origin_;
}

void Places::Merge(const Places& over) {
  for (const auto& [path, place] : over.places_) places_[path] = place;
}

void Problems::Add(const std::string& place, const std::string& path,
                   const std::string& what) {
  lines_.push_back(
      absl::StrCat(place, ": ", path, path.empty() ? "" : ": ", what));
}

absl::Status Problems::status() const {
  if (lines_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(lines_, "\n"));
}

}  // namespace snclr
