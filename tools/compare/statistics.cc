// SPDX-License-Identifier: MIT
#include "tools/compare/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

#include "tools/compare/student_t.h"

namespace snclr {
namespace {

// Values of k-NN accuracies differ in their last bits after a subtraction; a
// spread of that size is none.
constexpr double kRounding = 1e-12;  // of the largest value

double Largest(const Sample& sample) {
  double largest = 0;
  for (const SeedValue& value : sample) {
    largest = std::max(largest, std::abs(value.value));
  }
  return largest;
}

// Whether there is noise to measure against: of values of this magnitude.
bool IsSpread(double deviation, double largest) {
  return std::isfinite(deviation) && deviation > kRounding * largest;
}

Interval Around(double mean, double error, double confidence, double degrees) {
  const double half = StudentTCritical(confidence, degrees) * error;
  return {mean - half, mean + half};
}

struct Moments {
  double mean = 0;
  double deviation = 0;  // NaN of less than two values
};

// In two passes: one pass loses the digits of values that are close together.
Moments MomentsOf(const Sample& sample) {
  const double n = sample.size();
  double sum = 0;
  for (const SeedValue& value : sample) sum += value.value;
  const double mean = sum / n;
  double squares = 0;
  for (const SeedValue& value : sample) {
    squares += (value.value - mean) * (value.value - mean);
  }
  return {mean, std::sqrt(squares / (n - 1))};
}

// By seed; empty where a seed is there twice.
std::map<uint64_t, double> BySeed(const Sample& sample) {
  std::map<uint64_t, double> values;
  for (const SeedValue& value : sample) {
    if (!values.emplace(value.seed, value.value).second) return {};
  }
  return values;
}

// One for each seed; empty where the seeds are not the same ones.
Sample PairedDifferences(const Sample& sample, const Sample& baseline) {
  const std::map<uint64_t, double> values = BySeed(sample);
  const std::map<uint64_t, double> others = BySeed(baseline);
  if (values.size() != others.size()) return {};
  Sample differences;
  for (const auto& [seed, value] : values) {
    const auto other = others.find(seed);
    if (other == others.end()) return {};
    differences.push_back({seed, value - other->second});
  }
  return differences;
}

void FillTest(DifferenceTest test, double error, double degrees,
              double confidence, Difference* difference) {
  difference->test = test;
  difference->degrees_of_freedom = degrees;
  difference->interval = Around(*difference->mean, error, confidence, degrees);
  difference->p_value = StudentTPValue(*difference->mean / error, degrees);
}

void TestPaired(const Sample& differences, double largest, double confidence,
                Difference* difference) {
  const double n = differences.size();
  if (n < 2) return;
  const double deviation = MomentsOf(differences).deviation;
  if (!IsSpread(deviation, largest)) return;
  FillTest(DifferenceTest::kPaired, deviation / std::sqrt(n), n - 1, confidence,
           difference);
}

void TestWelch(const Sample& sample, const Sample& baseline, double largest,
               double confidence, Difference* difference) {
  const double n = sample.size();
  const double baseline_n = baseline.size();
  if (n < 2 || baseline_n < 2) return;
  const double deviation = MomentsOf(sample).deviation;
  const double baseline_deviation = MomentsOf(baseline).deviation;
  if (!IsSpread(std::hypot(deviation, baseline_deviation), largest)) return;
  const double a = deviation * deviation / n;
  const double b = baseline_deviation * baseline_deviation / baseline_n;
  const double degrees =
      (a + b) * (a + b) / (a * a / (n - 1) + b * b / (baseline_n - 1));
  FillTest(DifferenceTest::kWelch, std::sqrt(a + b), degrees, confidence,
           difference);
}

}  // namespace

Statistic Summarize(const Sample& sample, double confidence) {
  Statistic statistic;
  statistic.n = sample.size();
  if (statistic.n == 0) return statistic;
  const Moments moments = MomentsOf(sample);
  statistic.mean = moments.mean;
  if (statistic.n == 1) return statistic;
  statistic.deviation = moments.deviation;
  if (!IsSpread(moments.deviation, Largest(sample))) return statistic;
  const double n = statistic.n;
  statistic.interval =
      Around(moments.mean, moments.deviation / std::sqrt(n), confidence, n - 1);
  return statistic;
}

Difference DifferenceOf(const Sample& sample, const Sample& baseline,
                        double confidence) {
  Difference difference;
  difference.n = sample.size();
  difference.baseline_n = baseline.size();
  if (sample.empty() || baseline.empty()) return difference;
  difference.mean = MomentsOf(sample).mean - MomentsOf(baseline).mean;
  const double largest = std::max(Largest(sample), Largest(baseline));
  const Sample differences = PairedDifferences(sample, baseline);
  difference.same_seeds = !differences.empty();
  if (difference.same_seeds) {
    TestPaired(differences, largest, confidence, &difference);
  } else {
    TestWelch(sample, baseline, largest, confidence, &difference);
  }
  return difference;
}

std::vector<std::optional<double>> HolmAdjusted(
    const std::vector<std::optional<double>>& p_values) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p_values.size(); ++i) {
    if (p_values[i].has_value()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return *p_values[a] < *p_values[b];
  });
  std::vector<std::optional<double>> adjusted(p_values.size());
  double largest = 0;
  for (size_t j = 0; j < order.size(); ++j) {
    const double factor = order.size() - j;
    largest = std::max(largest, std::min(1.0, factor * *p_values[order[j]]));
    adjusted[order[j]] = largest;
  }
  return adjusted;
}

}  // namespace snclr
