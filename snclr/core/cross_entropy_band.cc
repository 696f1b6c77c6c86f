// SPDX-License-Identifier: MIT
#include "snclr/core/cross_entropy_band.h"

#include <algorithm>
#include <cmath>

namespace snclr {

CrossEntropyBand InitialCrossEntropy(int64_t columns, double temperature) {
  const double log_columns = std::log(static_cast<double>(columns));
  return {std::max(0.0, log_columns - 0.25 / temperature),
          log_columns + 0.5 / temperature};
}

}  // namespace snclr
