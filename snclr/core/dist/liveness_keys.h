// SPDX-License-Identifier: MIT
// What ranks write to the meeting point for each other to see that they live.
#ifndef SNCLR_CORE_DIST_LIVENESS_KEYS_H_
#define SNCLR_CORE_DIST_LIVENESS_KEYS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace snclr {

// Why the group is over, by the first rank to know; empty while it is not.
inline constexpr char kVerdictKey[] = "verdict";

inline std::string BeatKey(int64_t rank) { return absl::StrCat("beat/", rank); }

// What a rank writes again and again.
struct Beat {
  int64_t count = 0;   // grows with each
  int64_t begun = 0;   // exchanges
  bool left = false;   // it has ended its part
  bool heard = false;  // it has read a verdict

  std::string Encode() const {
    return absl::StrCat(count, " ", begun, " ", left, " ", heard);
  }

  // Zeros for what is no beat.
  static Beat Decode(const std::string& text) {
    const std::vector<std::string> parts = absl::StrSplit(text, ' ');
    Beat beat;
    if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &beat.count) ||
        !absl::SimpleAtoi(parts[1], &beat.begun)) {
      return {};
    }
    beat.left = parts[2] == "1";
    beat.heard = parts[3] == "1";
    return beat;
  }
};

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_LIVENESS_KEYS_H_
