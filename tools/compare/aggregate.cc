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

// Keys, and for a group of one unfinished run its index + 1.
using GroupKey = std::pair<std::vector<std::string>, size_t>;

struct KeyOrder {
  bool operator()(const GroupKey& a, const GroupKey& b) const {
    for (size_t i = 0; i < a.first.size(); ++i) {
      if (a.first[i] == b.first[i]) continue;
      return Rank(a.first[i]) < Rank(b.first[i]);
    }
    return a.second < b.second;
  }
};

Sample SampleOf(const std::vector<SelectedRun>& runs, const Group& group,
                size_t metric) {
  Sample sample;
  for (const size_t run : group.counted) {
    const std::optional<double>& value = runs[run].metrics[metric];
    if (value.has_value()) sample.push_back({runs[run].record.seed, *value});
  }
  // Sums do not depend on which run was started first.
  std::sort(sample.begin(), sample.end(),
            [](const SeedValue& a, const SeedValue& b) {
              return std::make_pair(a.seed, a.value) <
                     std::make_pair(b.seed, b.value);
            });
  return sample;
}

}  // namespace

std::vector<Group> Aggregate(const std::vector<SelectedRun>& runs,
                             Unfinished unfinished, double confidence) {
  std::map<GroupKey, Group, KeyOrder> by_keys;
  for (size_t i = 0; i < runs.size(); ++i) {
    const bool is_whole = unfinished == Unfinished::kCounted ||
                          runs[i].record.status == RunStatus::kFinished;
    const bool alone = !is_whole && unfinished == Unfinished::kAlone;
    Group& group = by_keys[{runs[i].keys, alone ? i + 1 : 0}];
    group.keys = runs[i].keys;
    group.is_unfinished = alone;
    (is_whole || alone ? group.counted : group.left_out).push_back(i);
  }
  std::vector<Group> groups;
  for (auto& [keys, group] : by_keys) {
    for (size_t metric = 0; metric < runs[0].metrics.size(); ++metric) {
      group.samples.push_back(SampleOf(runs, group, metric));
      group.metrics.push_back(Summarize(group.samples.back(), confidence));
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace snclr
