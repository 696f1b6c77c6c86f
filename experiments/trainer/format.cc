// SPDX-License-Identifier: MIT
#include "experiments/trainer/format.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace snclr {

std::string FormatCount(int64_t count) {
  std::string digits = absl::StrCat(count < 0 ? -count : count);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(at, ",");
  }
  return count < 0 ? "-" + digits : digits;
}

std::string FormatTime(absl::Duration duration) {
  const double exact = absl::ToDoubleSeconds(duration);
  if (exact < 9.95) return absl::StrFormat("%.1f s", exact);
  const auto seconds = static_cast<int64_t>(std::llround(exact));
  if (seconds < 60) return absl::StrFormat("%d s", seconds);
  if (seconds < 3600) {
    return absl::StrFormat("%d min %02d s", seconds / 60, seconds % 60);
  }
  const int64_t minutes = seconds / 60;
  if (minutes < 24 * 60) {
    return absl::StrFormat("%d h %02d min", minutes / 60, minutes % 60);
  }
  return absl::StrFormat("%d d %d h", minutes / (24 * 60), minutes / 60 % 24);
}

std::string FormatLoss(double loss) {
  if (!std::isfinite(loss)) return absl::StrCat(loss);
  const double size = std::abs(loss);
  const int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3;
  if (size < 0.1 && size > 0) return absl::StrFormat("%.4g", loss);
  return absl::StrFormat("%.*f", digits, loss);
}

std::string FormatRate(double rate) { return absl::StrFormat("%.1e", rate); }

std::string FormatSpeed(double per_second) {
  if (per_second >= 100) return FormatCount(std::llround(per_second));
  return absl::StrFormat("%.1f", per_second);
}

}  // namespace snclr
