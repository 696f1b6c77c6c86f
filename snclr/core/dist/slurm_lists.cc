// SPDX-License-Identifier: MIT
#include "snclr/core/dist/slurm_lists.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace snclr {

std::string FirstSlurmHost(absl::string_view hosts) {
  std::string first;
  // Inside brackets only what stands before the first '-' or ',' counts.
  bool inside = false, taken = false;
  for (const char c : hosts) {
    if (c == '[') {
      inside = true;
      taken = false;
    } else if (c == ']') {
      inside = false;
    } else if (inside) {
      taken = taken || c == '-' || c == ',';
      if (!taken) first += c;
    } else if (c == ',') {
      break;
    } else {
      first += c;
    }
  }
  return first;
}

std::optional<int64_t> SlurmTasksOnNode(absl::string_view tasks, int64_t node) {
  for (absl::string_view part : absl::StrSplit(tasks, ',')) {
    int64_t count = 0, nodes = 1;
    const size_t open = part.find("(x");
    if (open != absl::string_view::npos) {
      absl::string_view times = part.substr(open + 2);
      if (!absl::ConsumeSuffix(&times, ")") ||
          !absl::SimpleAtoi(times, &nodes)) {
        return std::nullopt;
      }
    }
    if (!absl::SimpleAtoi(part.substr(0, open), &count)) return std::nullopt;
    if (node < nodes) return count;
    node -= nodes;
  }
  return std::nullopt;
}

}  // namespace snclr
