// SPDX-License-Identifier: MIT
#include "tools/report/field_lines.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

namespace snclr {
namespace {

// A field with its value in each group that has counted runs.
struct Field {
  std::string path;
  std::map<size_t, std::string> values;
};

std::vector<Field> FieldsOf(const Comparison& comparison) {
  std::vector<Field> fields;
  const std::vector<Group>& groups = comparison.groups;
  if (comparison.query.grouping == GroupingKind::kSpec) {
    for (const Setting& setting : comparison.settings.all) {
      if (!setting.of_spec) continue;
      Field field{setting.path, {}};
      for (size_t g = 0; g < groups.size(); ++g) {
        if (groups[g].counted.empty()) continue;
        field.values[g] =
            comparison.settings.Text(setting, groups[g].counted[0]);
      }
      fields.push_back(std::move(field));
    }
    return fields;
  }
  for (size_t i = 0; i < comparison.columns.size(); ++i) {
    Field field{comparison.columns[i], {}};
    for (size_t g = 0; g < groups.size(); ++g) {
      if (!groups[g].counted.empty()) field.values[g] = groups[g].keys[i];
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

bool Varies(const Field& field) {
  std::set<std::string> values;
  for (const auto& [group, value] : field.values) values.insert(value);
  return values.size() > 1;
}

// The values in the order in which Aggregate sorts groups by them.
std::vector<std::string> InOrder(const std::set<std::string>& values) {
  std::vector<SelectedRun> runs;
  for (const std::string& value : values) {
    SelectedRun run;
    run.keys = {value};
    runs.push_back(std::move(run));
  }
  std::vector<std::string> ordered;
  for (const Group& group : Aggregate(runs, Unfinished::kCounted)) {
    ordered.push_back(group.keys[0]);
  }
  return ordered;
}

// What else the groups of several lines are.
void Label(const Field& field, const ReportGroups& groups,
           std::vector<FieldLine>* lines) {
  if (lines->size() < 2) return;
  std::vector<std::string> columns;
  std::vector<size_t> places;
  for (size_t i = 0; i < groups.comparison.columns.size(); ++i) {
    if (groups.comparison.columns[i] == field.path) continue;
    columns.push_back(groups.comparison.columns[i]);
    places.push_back(i);
  }
  std::vector<Group> names;
  for (const FieldLine& line : *lines) {
    const Group& group = groups.comparison.groups[line.points[0].second];
    Group name;
    name.counted = group.counted;
    for (const size_t place : places) name.keys.push_back(group.keys[place]);
    names.push_back(std::move(name));
  }
  const std::vector<std::string> labels = GroupLabels(columns, names);
  for (size_t i = 0; i < labels.size(); ++i) (*lines)[i].label = labels[i];
}

}  // namespace

std::vector<FieldLines> AllFieldLines(const ReportGroups& groups) {
  std::vector<Field> fields = FieldsOf(groups.comparison);
  fields.erase(std::remove_if(fields.begin(), fields.end(),
                              [](const Field& f) { return !Varies(f); }),
               fields.end());
  std::vector<FieldLines> all;
  for (const Field& field : fields) {
    if (field.path == "method") continue;
    std::map<std::vector<std::string>, std::map<std::string, size_t>> by_others;
    for (const auto& [group, value] : field.values) {
      std::vector<std::string> others;
      for (const Field& other : fields) {
        if (&other != &field) others.push_back(other.values.at(group));
      }
      if (!value.empty()) by_others[others][value] = group;
    }
    FieldLines lines{field.path, {}, {}};
    std::set<std::string> values;
    for (const auto& [others, points] : by_others) {
      if (points.size() < 2) continue;
      for (const auto& [value, group] : points) values.insert(value);
    }
    lines.values = InOrder(values);
    for (const auto& [others, points] : by_others) {
      if (points.size() < 2) continue;
      FieldLine line;
      for (const std::string& value : lines.values) {
        const auto point = points.find(value);
        if (point != points.end()) line.points.push_back(*point);
      }
      lines.lines.push_back(std::move(line));
    }
    if (lines.lines.empty()) continue;
    Label(field, groups, &lines.lines);
    all.push_back(std::move(lines));
  }
  return all;
}

}  // namespace snclr
