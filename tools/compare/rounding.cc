// SPDX-License-Identifier: MIT
#include "tools/compare/rounding.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace snclr {

std::string Exact(std::optional<double> value) {
  if (!value.has_value()) return "";
  for (int digits = 6; digits < 17; ++digits) {
    const std::string text = absl::StrFormat("%.*g", digits, *value);
    if (std::strtod(text.c_str(), nullptr) == *value) return text;
  }
  return absl::StrFormat("%.17g", *value);
}

std::string PValueText(std::optional<double> p_value) {
  if (!p_value.has_value()) return "-";
  return *p_value < 0.001 ? "< 0.001" : absl::StrFormat("%.3f", *p_value);
}

void Rounding::See(std::optional<double> value) {
  if (!value.has_value() || !std::isfinite(*value)) return;
  largest_ = std::max(largest_, std::abs(*value));
}

std::string Rounding::operator()(std::optional<double> value) const {
  if (!value.has_value()) return "-";
  if (largest_ >= 1e7 || (largest_ > 0 && largest_ < 1e-3)) {
    return absl::StrFormat("%.4g", *value);
  }
  const int decimals = largest_ >= 10 ? 2 : largest_ >= 1 ? 3 : 4;
  return absl::StrFormat("%.*f", decimals, *value);
}

std::string Rounding::Signed(std::optional<double> value) const {
  const std::string text = (*this)(value);
  return value.has_value() && *value >= 0 ? absl::StrCat("+", text) : text;
}

std::string Rounding::operator()(const std::optional<Interval>& interval,
                                 bool with_signs) const {
  if (!interval.has_value()) return "-";
  return with_signs ? absl::StrCat("[", Signed(interval->low), ", ",
                                   Signed(interval->high), "]")
                    : absl::StrCat("[", (*this)(interval->low), ", ",
                                   (*this)(interval->high), "]");
}

}  // namespace snclr
