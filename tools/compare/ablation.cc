// SPDX-License-Identifier: MIT
#include "tools/compare/ablation.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"

namespace snclr {
namespace {

constexpr size_t kMaxTogether = 4;  // fields of one factor

// Indices of settings.all, in order.
using Fields = std::vector<size_t>;

// In which the specs of two runs differ; not all of them where they are more
// than `max`.
Fields FieldsBetween(const Settings& settings,
                     const std::vector<SelectedRun>& runs, size_t a, size_t b,
                     size_t max) {
  const std::string& method = runs[a].record.method;
  const std::string& other = runs[b].record.method;
  Fields fields;
  for (size_t i = 0; i < settings.all.size() && fields.size() <= max; ++i) {
    const Setting& setting = settings.all[i];
    if (!setting.of_spec || setting.values[a] == setting.values[b]) continue;
    const bool is_own = method != other && (IsOfMethod(setting, method) ||
                                            IsOfMethod(setting, other));
    if (!is_own) fields.push_back(i);  // else told by "method"
  }
  return fields;
}

std::string FactorName(const Settings& settings, const Fields& fields) {
  std::vector<std::string> paths;
  for (const size_t field : fields) paths.push_back(settings.all[field].path);
  return absl::StrJoin(paths, " + ");
}

std::string FactorValue(const Settings& settings, const Fields& fields,
                        size_t run) {
  std::vector<std::string> values;
  for (const size_t field : fields) {
    const std::string& text = settings.Text(settings.all[field], run);
    values.push_back(text.empty() && fields.size() > 1 ? "-" : text);
  }
  return absl::StrJoin(values, " + ");
}

// Whether each of these fields has a group of its own in which only it has the
// value that it has in `run`.
bool AllVariedAlone(const Settings& settings, const Fields& fields, size_t run,
                    const std::set<std::pair<size_t, int>>& alone) {
  return std::all_of(fields.begin(), fields.end(), [&](size_t field) {
    return alone.count({field, settings.all[field].values[run]}) > 0;
  });
}

}  // namespace

Ablation MakeAblation(const Settings& settings,
                      const std::vector<SelectedRun>& runs,
                      const std::vector<Group>& groups, size_t baseline) {
  const size_t baseline_run = groups[baseline].AnyRun();
  std::vector<Fields> fields_of(groups.size());
  std::set<std::pair<size_t, int>> alone;  // fields and their values
  for (size_t i = 0; i < groups.size(); ++i) {
    const size_t run = groups[i].AnyRun();
    fields_of[i] =
        FieldsBetween(settings, runs, baseline_run, run, kMaxTogether);
    if (fields_of[i].size() == 1) {
      const size_t field = fields_of[i][0];
      alone.insert({field, settings.all[field].values[run]});
    }
  }
  Ablation ablation;
  std::map<Fields, std::vector<size_t>> by_factor;
  for (size_t i = 0; i < groups.size(); ++i) {
    const Fields& fields = fields_of[i];
    if (i == baseline) continue;
    const bool is_factor =
        fields.size() == 1 ||
        (fields.size() <= kMaxTogether &&
         !AllVariedAlone(settings, fields, groups[i].AnyRun(), alone));
    if (is_factor) {
      by_factor[fields].push_back(i);
    } else {
      ablation.several.push_back(i);
    }
  }
  for (auto& [fields, varied] : by_factor) {
    // Groups come sorted by their keys, and the baseline's value has its place
    // among the others.
    varied.insert(std::lower_bound(varied.begin(), varied.end(), baseline),
                  baseline);
    for (const size_t group : varied) {
      ablation.rows.push_back(
          {FactorName(settings, fields),
           FactorValue(settings, fields, groups[group].AnyRun()),
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
      if (FieldsBetween(settings, runs, groups[i].AnyRun(), groups[j].AnyRun(),
                        1)
              .size() == 1) {
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
