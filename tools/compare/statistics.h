// SPDX-License-Identifier: MIT
// What a few runs with different seeds say of a method: a mean, how far it can
// be trusted, and whether it differs from another method's.
//
// All intervals and p-values are Student's t (Student, The Probable Error of a
// Mean, Biometrika 6, 1908), which takes the values of different seeds to be
// drawn from a normal distribution. They speak of the seeds alone: what another
// data set or another code would do is not in them.
#ifndef TOOLS_COMPARE_STATISTICS_H_
#define TOOLS_COMPARE_STATISTICS_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace snclr {

// One value for each run.
struct SeedValue {
  uint64_t seed;
  double value;
};
using Sample = std::vector<SeedValue>;

struct Interval {
  double low;
  double high;

  bool Contains(double value) const { return low <= value && value <= high; }
};

inline constexpr double kDefaultConfidence = 0.95;

struct Statistic {
  int64_t n = 0;
  std::optional<double> mean;  // n >= 1
  // sqrt( sum (x - mean)^2 / (n - 1) ), n >= 2: of one value there is none.
  std::optional<double> deviation;
  // mean -+ t(confidence, n - 1) deviation / sqrt(n). None where the values are
  // all alike (but for rounding) or not finite: that says nothing of the noise.
  std::optional<Interval> interval;
};

// `confidence` in (0, 1). A value that is no number makes the mean none either:
// it is not hidden.
Statistic Summarize(const Sample& sample,
                    double confidence = kDefaultConfidence);

enum class DifferenceTest {
  kNone,    // a single run, or no spread: no interval and no p-value
  kPaired,  // both samples have the same seeds, each once
  kWelch,   // else
};

// sample - baseline
struct Difference {
  DifferenceTest test = DifferenceTest::kNone;
  int64_t n = 0;               // of the sample
  int64_t baseline_n = 0;      //
  bool same_seeds = false;     // could be paired
  std::optional<double> mean;  // both samples have a value
  std::optional<double> degrees_of_freedom;
  std::optional<Interval> interval;
  std::optional<double> p_value;  // two-sided, of "there is no difference"
};

// Paired by seed where that is possible: runs of one seed share their data
// order and initial weights, so their difference has less noise than either.
// The paired test is Student's on the differences; the other is Welch's (The
// Generalization of 'Student's' Problem when Several Different Population
// Variances are Involved, Biometrika 34, 1947), with the Welch-Satterthwaite
// degrees of freedom
//
//   (a + b)^2 / (a^2 / (n_a - 1) + b^2 / (n_b - 1)),   a = s_a^2 / n_a, ...
//
// It needs two values on either side and a spread on one of them.
Difference DifferenceOf(const Sample& sample, const Sample& baseline,
                        double confidence = kDefaultConfidence);

// Holm's correction (A Simple Sequentially Rejective Multiple Test Procedure,
// Scandinavian Journal of Statistics 6, 1979): p-values as large as they have
// to be for the chance of any false discovery among all m to stay below the
// level that each is held against. The i-th smallest becomes
//
//   max over j <= i of min(1, (m - j + 1) p_j)
//
// One that is missing is no test: it does not count, and stays missing.
std::vector<std::optional<double>> HolmAdjusted(
    const std::vector<std::optional<double>>& p_values);

}  // namespace snclr

#endif  // TOOLS_COMPARE_STATISTICS_H_
