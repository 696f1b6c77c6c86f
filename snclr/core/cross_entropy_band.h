// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_CROSS_ENTROPY_BAND_H_
#define SNCLR_CORE_CROSS_ENTROPY_BAND_H_

#include <cstdint>

namespace snclr {

struct CrossEntropyBand {
  double low;
  double high;
};

// Where the cross-entropy of cosines over a temperature T,
//
//   log sum_n exp(s_n / T) - s_positive / T   (nats, n over N columns),
//
// lies for a random network. There a query is as similar to its positive as to
// any column, which gives ln N; but a random network spreads its cosines, more
// in fewer dimensions. Allowed are ln N - 0.25/T, not below 0, to ln N + 0.5/T:
// a positive that is nearer by a cosine of 0.25, a spread that lifts the sum by
// one of 0.5.
CrossEntropyBand InitialCrossEntropy(int64_t columns, double temperature);

}  // namespace snclr

#endif  // SNCLR_CORE_CROSS_ENTROPY_BAND_H_
