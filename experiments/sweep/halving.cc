// SPDX-License-Identifier: MIT
#include "experiments/sweep/halving.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace snclr {
namespace {

// Configuration -> seed -> value at one rung.
using Values = std::map<int, std::map<uint64_t, double>>;

std::set<uint64_t> CommonSeeds(const Values& values) {
  std::set<uint64_t> common;
  bool is_first = true;
  for (const auto& [configuration, by_seed] : values) {
    std::set<uint64_t> seeds;
    for (const auto& [seed, value] : by_seed) {
      if (is_first || common.count(seed) > 0) seeds.insert(seed);
    }
    common = std::move(seeds);
    is_first = false;
  }
  return common;
}

// Mean and configuration, the best one first.
std::vector<std::pair<double, int>> Ranking(const Values& values,
                                            const std::set<uint64_t>& seeds,
                                            bool maximize) {
  std::vector<std::pair<double, int>> ranking;
  for (const auto& [configuration, by_seed] : values) {
    double sum = 0;
    for (const uint64_t seed : seeds) sum += by_seed.at(seed);
    ranking.emplace_back(sum / static_cast<double>(seeds.size()),
                         configuration);
  }
  std::stable_sort(ranking.begin(), ranking.end(),
                   [&](const auto& a, const auto& b) {
                     return maximize ? a.first > b.first : a.first < b.first;
                   });
  return ranking;
}

}  // namespace

std::vector<HalvingVerdict> Halve(const std::vector<HalvingTrial>& trials,
                                  const HalvingRule& rule) {
  std::vector<HalvingVerdict> verdicts(trials.size());
  std::map<int, HalvingVerdict> stopped;  // by configuration
  int rung = 0;
  for (; rung < rule.rungs; ++rung) {
    Values values;
    bool is_complete = true;
    for (const HalvingTrial& trial : trials) {
      if (stopped.count(trial.configuration) > 0) continue;
      const std::optional<double>& value = trial.at_rung[rung];
      // A value that is no number is worse than any.
      if (value) {
        values[trial.configuration][trial.seed] =
            std::isnan(*value) ? (rule.maximize ? -HUGE_VAL : HUGE_VAL)
                               : *value;
      } else if (!trial.ended) {
        is_complete = false;
      }
    }
    if (!is_complete) break;
    const std::set<uint64_t> seeds = CommonSeeds(values);
    if (seeds.empty()) continue;
    const auto ranking = Ranking(values, seeds, rule.maximize);
    const auto kept = static_cast<size_t>(
        std::ceil(rule.keep * static_cast<double>(ranking.size()) - 1e-9));
    for (size_t place = kept; place < ranking.size(); ++place) {
      HalvingVerdict verdict;
      verdict.target = -1;
      verdict.stopped_at = rung;
      verdict.why = absl::StrFormat(
          "%.4g, the mean over %d seed%s, is number %d of %d at rung %d",
          ranking[place].first, seeds.size(), seeds.size() == 1 ? "" : "s",
          place + 1, ranking.size(), rung + 1);
      stopped.emplace(ranking[place].second, verdict);
    }
  }
  for (size_t i = 0; i < trials.size(); ++i) {
    const auto found = stopped.find(trials[i].configuration);
    verdicts[i].target = rung;
    if (found != stopped.end()) verdicts[i] = found->second;
  }
  return verdicts;
}

}  // namespace snclr
