// SPDX-License-Identifier: MIT
// How numbers are written.
#ifndef TOOLS_COMPARE_ROUNDING_H_
#define TOOLS_COMPARE_ROUNDING_H_

#include <optional>
#include <string>

#include "tools/compare/statistics.h"

namespace snclr {

// Shortest text that reads back as the same number; "" for none.
std::string Exact(std::optional<double> value);

// "0.012", "< 0.001"; "-" for none.
std::string PValueText(std::optional<double> p_value);

// How the numbers of one column are rounded: four or so digits of the largest.
class Rounding {
 public:
  void See(std::optional<double> value);

  // "-" for none.
  std::string operator()(std::optional<double> value) const;

  // "+0.40"
  std::string Signed(std::optional<double> value) const;

  // "[54.76, 56.84]"; "-" for none.
  std::string operator()(const std::optional<Interval>& interval,
                         bool with_signs = false) const;

 private:
  double largest_ = 0;
};

}  // namespace snclr

#endif  // TOOLS_COMPARE_ROUNDING_H_
