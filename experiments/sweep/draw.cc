// SPDX-License-Identifier: MIT
#include "experiments/sweep/draw.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/proto/field_text.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

// FNV-1a: a path's number, the same everywhere.
uint64_t PathNumber(const std::string& path) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : path) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

std::string Rounded(double value, const RangeSpec& range) {
  const double rounded =
      std::strtod(absl::StrFormat("%.4g", value).c_str(), nullptr);
  return NumberToText(std::clamp(rounded, range.min(), range.max()));
}

}  // namespace

std::string DrawValue(const DrawSpec& draw, uint64_t seed, int64_t point) {
  Random random(seed, {kStreamSweep, static_cast<uint64_t>(point),
                       PathNumber(draw.path())});
  switch (draw.distribution_case()) {
    case DrawSpec::kUniform:
      return Rounded(random.Uniform(draw.uniform().min(), draw.uniform().max()),
                     draw.uniform());
    case DrawSpec::kLogUniform:
      return Rounded(
          std::exp(random.Uniform(std::log(draw.log_uniform().min()),
                                  std::log(draw.log_uniform().max()))),
          draw.log_uniform());
    case DrawSpec::kWhole: {
      const auto low = static_cast<int64_t>(draw.whole().min());
      const auto high = static_cast<int64_t>(draw.whole().max());
      return absl::StrCat(low + random.Below(high - low + 1));
    }
    case DrawSpec::kChoice:
      return draw.choice().values(
          static_cast<int>(random.Below(draw.choice().values_size())));
    case DrawSpec::DISTRIBUTION_NOT_SET:
      break;
  }
  return "";
}

}  // namespace snclr
