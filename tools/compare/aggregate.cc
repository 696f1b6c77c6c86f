// SPDX-License-Identifier: MIT
#include "tools/compare/aggregate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"

namespace snclr {
namespace {

// Orders one key: numbers, then texts, then nothing.
std::tuple<int, double, std::string> Rank(const std::string& key) {
  double number = 0;
  if (key.empty()) return {2, 0, key};
  if (!absl::SimpleAtod(key, &number) || std::isnan(number)) {
    return {1, 0, key};
  }
  return {0, number, key};
}

struct KeyOrder {
  bool operator()(const std::vector<std::string>& a,
                  const std::vector<std::string>& b) const {
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const std::string& left, const std::string& right) {
          return Rank(left) < Rank(right);
        });
  }
};

}  // namespace

Statistic Summarize(const std::vector<std::optional<double>>& values) {
  Statistic statistic;
  double sum = 0;
  for (const std::optional<double>& value : values) {
    if (!value.has_value()) continue;
    ++statistic.n;
    sum += *value;
  }
  if (statistic.n == 0) return statistic;
  const double mean = sum / statistic.n;
  statistic.mean = mean;
  if (statistic.n == 1) return statistic;
  double squares = 0;
  for (const std::optional<double>& value : values) {
    if (value.has_value()) squares += (*value - mean) * (*value - mean);
  }
  statistic.deviation = std::sqrt(squares / (statistic.n - 1));
  return statistic;
}

std::vector<Group> Aggregate(const std::vector<SelectedRun>& runs,
                             bool any_status) {
  std::map<std::vector<std::string>, Group, KeyOrder> by_keys;
  for (const SelectedRun& run : runs) {
    Group& group = by_keys[run.keys];
    group.keys = run.keys;
    const bool counts = any_status || run.record.status == RunStatus::kFinished;
    (counts ? group.counted : group.left_out).push_back(run);
  }
  std::vector<Group> groups;
  for (auto& [keys, group] : by_keys) {
    for (size_t i = 0; i < runs[0].metrics.size(); ++i) {
      std::vector<std::optional<double>> values;
      for (const SelectedRun& run : group.counted) {
        values.push_back(run.metrics[i]);
      }
      group.metrics.push_back(Summarize(values));
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace snclr
