// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_DIST_SHOWN_SECONDS_H_
#define SNCLR_CORE_DIST_SHOWN_SECONDS_H_

#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace snclr {

// For a person: "4.5 s", and whole ones from ten on: "31 s".
inline std::string ShownSeconds(absl::Duration duration) {
  const double unit = duration < absl::Seconds(10) ? 10 : 1;
  return absl::StrCat(std::round(absl::ToDoubleSeconds(duration) * unit) / unit,
                      " s");
}

}  // namespace snclr

#endif  // SNCLR_CORE_DIST_SHOWN_SECONDS_H_
