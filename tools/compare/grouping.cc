// SPDX-License-Identifier: MIT
#include "tools/compare/grouping.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tools/compare/first_of.h"

namespace snclr {
namespace {

constexpr size_t kMaxNamesNamed = 2;

// Runs in parts that are told apart by the values seen so far.
class Partition {
 public:
  explicit Partition(size_t runs) : parts_(runs, 0) {}

  size_t count() const { return count_; }
  size_t part(size_t run) const { return parts_[run]; }

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

// For each run, the names of all runs of its group: "base" or "a, b".
std::vector<std::string> GroupNames(const std::vector<SelectedRun>& runs,
                                    const Partition& groups) {
  std::vector<std::set<std::string>> names(groups.count());
  for (size_t i = 0; i < runs.size(); ++i) {
    names[groups.part(i)].insert(runs[i].record.name);
  }
  std::vector<std::string> labels;
  for (size_t i = 0; i < runs.size(); ++i) {
    const std::set<std::string>& own = names[groups.part(i)];
    labels.push_back(FirstOf({own.begin(), own.end()}, kMaxNamesNamed));
  }
  return labels;
}

// Texts as the values of a setting.
std::vector<int> Numbered(const std::vector<std::string>& texts) {
  std::map<std::string, int> numbers;
  std::vector<int> values;
  for (const std::string& text : texts) {
    const int next = static_cast<int>(numbers.size());
    values.push_back(numbers.emplace(text, next).first->second);
  }
  return values;
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
    const std::vector<std::string> names = GroupNames(runs, groups);
    Partition begun = Partition(runs.size()).RefinedBy(Numbered(names));
    const bool by_name = begun.count() > 1;
    if (by_name) {
      grouping.columns.push_back("name");
      for (size_t i = 0; i < runs.size(); ++i) {
        grouping.keys[i].push_back(names[i]);
      }
    }
    columns = EnoughOf(differing, groups.count(), std::move(begun));
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
