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
      Sample sample;
      for (const SelectedRun& run : group.counted) {
        if (!run.metrics[i].has_value()) continue;
        sample.push_back({run.record.seed, *run.metrics[i]});
      }
      group.metrics.push_back(Summarize(sample));
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace snclr
