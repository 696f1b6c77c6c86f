// SPDX-License-Identifier: MIT
#include "tools/report/ablation.h"

#include <cstddef>
#include <map>
#include <utility>

namespace snclr {
namespace {

// The values of a field among some groups, in the order in which Aggregate
// sorts groups by it alone.
std::vector<std::string> ValuesInOrder(const Grouping& grouping, size_t field,
                                       const std::vector<AblationSeries>& all) {
  std::vector<SelectedRun> runs;
  for (const AblationSeries& series : all) {
    for (const size_t g : series.groups) {
      SelectedRun run;
      run.keys = {grouping.groups[g].keys[field]};
      runs.push_back(std::move(run));
    }
  }
  std::vector<std::string> values;
  for (const Group& group : Aggregate(runs, /*any_status=*/true)) {
    values.push_back(group.keys[0]);
  }
  return values;
}

std::vector<std::string> Without(std::vector<std::string> list, size_t place) {
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(place));
  return list;
}

}  // namespace

std::vector<Ablation> Ablations(const Grouping& grouping) {
  std::vector<Ablation> ablations;
  for (size_t f = 0; f < grouping.group_by.size(); ++f) {
    if (grouping.group_by[f] == "method") continue;
    std::map<std::vector<std::string>, std::vector<size_t>> by_others;
    for (size_t g = 0; g < grouping.groups.size(); ++g) {
      const Group& group = grouping.groups[g];
      if (group.counted.empty() || group.keys[f].empty()) continue;
      by_others[Without(group.keys, f)].push_back(g);
    }
    Ablation ablation;
    ablation.field = grouping.group_by[f];
    std::vector<Group> names;
    for (auto& [others, groups] : by_others) {
      if (groups.size() < 2) continue;
      Group name;
      name.keys = others;
      names.push_back(std::move(name));
      ablation.series.push_back({"", groups});
    }
    if (ablation.series.empty()) continue;
    const auto labels = GroupLabels(Without(grouping.group_by, f), names);
    for (size_t i = 0; names.size() > 1 && i < labels.size(); ++i) {
      ablation.series[i].label = labels[i];
    }
    ablation.values = ValuesInOrder(grouping, f, ablation.series);
    ablations.push_back(std::move(ablation));
  }
  return ablations;
}

}  // namespace snclr
