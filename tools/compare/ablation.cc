// SPDX-License-Identifier: MIT
#include "tools/compare/ablation.h"

#include <algorithm>
#include <map>
#include <utility>

namespace snclr {
namespace {

// The only factor in which the specs of two runs differ; null where it is none
// or several.
const Setting* FactorBetween(const Settings& settings,
                             const std::vector<SelectedRun>& runs, size_t a,
                             size_t b) {
  const std::string& method = runs[a].record.method;
  const std::string& other = runs[b].record.method;
  const Setting* factor = nullptr;
  for (const Setting& setting : settings.all) {
    if (!setting.of_spec || setting.values[a] == setting.values[b]) continue;
    const bool is_own = method != other && (IsOfMethod(setting, method) ||
                                            IsOfMethod(setting, other));
    if (is_own) continue;  // told by "method"
    if (factor != nullptr) return nullptr;
    factor = &setting;
  }
  return factor;
}

}  // namespace

Ablation MakeAblation(const Settings& settings,
                      const std::vector<SelectedRun>& runs,
                      const std::vector<Group>& groups, size_t baseline) {
  const size_t baseline_run = groups[baseline].AnyRun();
  Ablation ablation;
  // Groups come sorted by their keys, but the baseline's value of a factor has
  // its place among the others too.
  std::map<const Setting*, std::vector<size_t>> by_factor;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (i == baseline) continue;
    const Setting* factor =
        FactorBetween(settings, runs, baseline_run, groups[i].AnyRun());
    if (factor == nullptr) {
      ablation.several.push_back(i);
    } else {
      by_factor[factor].push_back(i);
    }
  }
  for (const Setting& setting : settings.all) {
    const auto found = by_factor.find(&setting);
    if (found == by_factor.end()) continue;
    std::vector<size_t>& varied = found->second;
    varied.insert(std::lower_bound(varied.begin(), varied.end(), baseline),
                  baseline);
    for (const size_t group : varied) {
      ablation.rows.push_back({setting.path,
                               settings.Text(setting, groups[group].AnyRun()),
                               group == baseline, group});
    }
  }
  return ablation;
}

std::vector<size_t> CentralGroups(const Settings& settings,
                                  const std::vector<SelectedRun>& runs,
                                  const std::vector<Group>& groups) {
  std::vector<size_t> neighbors(groups.size(), 0);
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t j = i + 1; j < groups.size(); ++j) {
      if (FactorBetween(settings, runs, groups[i].AnyRun(),
                        groups[j].AnyRun()) != nullptr) {
        ++neighbors[i];
        ++neighbors[j];
      }
    }
  }
  const size_t most = *std::max_element(neighbors.begin(), neighbors.end());
  std::vector<size_t> central;
  for (size_t i = 0; i < groups.size(); ++i) {
    if (neighbors[i] == most) central.push_back(i);
  }
  return central;
}

}  // namespace snclr
