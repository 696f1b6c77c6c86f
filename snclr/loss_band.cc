// SPDX-License-Identifier: MIT
#include "snclr/loss_band.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_format.h"
#include "snclr/core/cross_entropy_band.h"

namespace snclr {
namespace {

struct Range {
  double low;
  double high;
};

// The sum of w_1 to w_K.
Range SumOfPositiveness(const SnclrSpec& spec) {
  const int64_t neighbors = spec.neighbors();
  if (neighbors == 0) return {0, 0};
  if (spec.positiveness() == HARD) {
    const bool dropped = spec.threshold() && neighbors == 1;
    const double sum = dropped ? 0 : static_cast<double>(neighbors);
    return {sum, sum};
  }
  if (!spec.threshold()) return {1, 1};
  if (neighbors == 1 || spec.positiveness() == UNIFORM) return {0, 0};
  return {0, 1};
}

}  // namespace

LossBand SnclrLossBand(const SnclrSpec& spec, int64_t batch, int64_t ranks) {
  const int64_t neighbors = spec.neighbors();
  const int64_t images = batch * ranks;
  const int64_t columns = spec.neighbors_as_negatives()
                              ? images * (neighbors + 1)
                              : images + neighbors;
  const double temperature = spec.temperature();
  const Range sum = SumOfPositiveness(spec);
  const auto [low, high] = InitialCrossEntropy(columns, temperature);

  if (spec.objective() == PAPER) {
    return {2 * std::max(0.0, low - std::log1p(sum.high)),
            2 * (high - std::log1p(sum.low)),
            absl::StrFormat("2 (ln N - ln(1 + sum w)), N = %d candidates, "
                            "sum w = %g, cosines of a random network",
                            columns, sum.high)};
  }
  const double factor = 2 * 2 * temperature;
  return {factor * (1 + sum.low) * low, factor * (1 + sum.high) * high,
          absl::StrFormat("2 directions x 2T (1 + sum w) ln N, T = %g, N = %d "
                          "candidates, sum w = %g, cosines of a random network",
                          temperature, columns, sum.high)};
}

}  // namespace snclr
