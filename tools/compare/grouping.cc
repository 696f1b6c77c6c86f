// SPDX-License-Identifier: MIT
#include "tools/compare/grouping.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace snclr {
namespace {

// Runs in parts that are told apart by the values seen so far.
class Partition {
 public:
  explicit Partition(size_t runs) : parts_(runs, 0) {}

  size_t count() const { return count_; }

  Partition RefinedBy(const std::vector<int>& values) const {
    Partition refined(parts_.size());
    std::map<std::pair<int, int>, int> parts;
    for (size_t i = 0; i < parts_.size(); ++i) {
      const int next = static_cast<int>(parts.size());
      refined.parts_[i] =
          parts.emplace(std::make_pair(parts_[i], values[i]), next)
              .first->second;
    }
    refined.count_ = parts.size();
    return refined;
  }

 private:
  std::vector<int> parts_;
  size_t count_ = 1;
};

std::set<int> ValuesOf(const Setting& setting) {
  return {setting.values.begin(), setting.values.end()};
}

// Whether it is only of interest to runs of one method, which all have the same
// value.
bool IsSettledByMethod(const Setting& setting, const Settings& settings,
                       const std::vector<SelectedRun>& runs) {
  std::map<std::string, std::set<int>> by_method;
  for (size_t i = 0; i < runs.size(); ++i) {
    by_method[runs[i].record.method].insert(setting.values[i]);
  }
  for (const auto& [method, values] : by_method) {
    if (IsOfMethod(setting, method)) {
      return by_method.size() > 1 && values.size() == 1;
    }
  }
  return false;
}

// The settings that tell runs apart, in order of path.
std::vector<const Setting*> Differing(const std::vector<SelectedRun>& runs,
                                      const Settings& settings) {
  std::vector<const Setting*> differing, present_or_not;
  Partition partition(runs.size());
  for (const Setting& setting : settings.all) {
    std::set<int> values = ValuesOf(setting);
    if (!setting.of_spec || values.size() < 2 ||
        IsSettledByMethod(setting, settings, runs)) {
      continue;
    }
    values.erase(Settings::kUnset);
    if (values.size() > 1) {
      partition = partition.RefinedBy(setting.values);
      differing.push_back(&setting);
    } else {
      present_or_not.push_back(&setting);
    }
  }
  for (const Setting* setting : present_or_not) {
    Partition refined = partition.RefinedBy(setting->values);
    if (refined.count() == partition.count()) continue;
    partition = std::move(refined);
    differing.push_back(setting);
  }
  return differing;
}

// Names as a setting, where they tell no runs of one spec apart.
bool NamesFit(const std::vector<SelectedRun>& runs, const Partition& groups,
              std::vector<int>* values) {
  std::map<std::string, int> ids;
  for (const SelectedRun& run : runs) {
    const int next = static_cast<int>(ids.size());
    values->push_back(ids.emplace(run.record.name, next).first->second);
  }
  return ids.size() > 1 && groups.RefinedBy(*values).count() == groups.count();
}

// The fewest settings, chosen one by one, that tell apart what all do.
std::vector<const Setting*> EnoughOf(const std::vector<const Setting*>& all,
                                     size_t groups, Partition partition) {
  std::vector<const Setting*> chosen;
  while (partition.count() < groups) {
    const Setting* best = nullptr;
    Partition finest = partition;
    for (const Setting* setting : all) {
      Partition refined = partition.RefinedBy(setting->values);
      if (refined.count() <= finest.count()) continue;
      finest = std::move(refined);
      best = setting;
    }
    if (best == nullptr) break;  // can't be: all of them make these groups
    partition = std::move(finest);
    chosen.push_back(best);
  }
  return chosen;
}

bool Has(const std::vector<const Setting*>& settings, const Setting* setting) {
  return std::find(settings.begin(), settings.end(), setting) != settings.end();
}

}  // namespace

Grouping GroupBySpec(const std::vector<SelectedRun>& runs,
                     const Settings& settings, size_t max_columns) {
  const std::vector<const Setting*> differing = Differing(runs, settings);
  Partition groups(runs.size());
  for (const Setting* setting : differing) {
    groups = groups.RefinedBy(setting->values);
  }
  Grouping grouping;
  grouping.keys.resize(runs.size());
  std::vector<const Setting*> columns = differing;
  if (differing.size() > max_columns) {
    Partition begun(runs.size());
    std::vector<int> names;
    const bool by_name = NamesFit(runs, groups, &names);
    if (by_name) {
      begun = begun.RefinedBy(names);
      grouping.columns.push_back("name");
      for (size_t i = 0; i < runs.size(); ++i) {
        grouping.keys[i].push_back(runs[i].record.name);
      }
    }
    columns = EnoughOf(differing, groups.count(), begun);
    for (const Setting* setting : differing) {
      if (by_name || columns.size() >= max_columns) break;
      if (!Has(columns, setting)) columns.push_back(setting);
    }
  }
  for (const Setting* setting : differing) {
    if (!Has(columns, setting)) {
      grouping.also_differ.push_back(setting->path);
      continue;
    }
    grouping.columns.push_back(setting->path);
    for (size_t i = 0; i < runs.size(); ++i) {
      grouping.keys[i].push_back(settings.Text(*setting, i));
    }
  }
  // One spec for all: its method says more than an empty first column.
  if (grouping.columns.empty()) {
    grouping.columns.push_back("method");
    for (size_t i = 0; i < runs.size(); ++i) {
      grouping.keys[i].push_back(runs[i].record.method);
    }
  }
  return grouping;
}

}  // namespace snclr
