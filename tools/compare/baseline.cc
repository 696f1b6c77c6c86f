// SPDX-License-Identifier: MIT
#include "tools/compare/baseline.h"

#include <algorithm>
#include <optional>

namespace snclr {
namespace {

bool Fits(const std::vector<Condition>& conditions, const RunFields& fields,
          const std::vector<SelectedRun>& runs, const Group& group) {
  return std::all_of(
      group.counted.begin(), group.counted.end(), [&](size_t run) {
        return std::all_of(conditions.begin(), conditions.end(),
                           [&](const Condition& condition) {
                             return Holds(
                                 condition,
                                 fields.Get(runs[run].record, condition.field));
                           });
      });
}

}  // namespace

std::vector<size_t> GroupsThatFit(const std::vector<Condition>& conditions,
                                  const RunFields& fields,
                                  const std::vector<SelectedRun>& runs,
                                  const std::vector<Group>& groups) {
  std::vector<size_t> fitting;
  for (size_t i = 0; i < groups.size(); ++i) {
    const Group& group = groups[i];
    if (group.counted.empty() || group.is_unfinished) continue;
    if (Fits(conditions, fields, runs, group)) fitting.push_back(i);
  }
  return fitting;
}

void CompareWith(size_t baseline, double confidence,
                 std::vector<Group>* groups) {
  for (size_t i = 0; i < groups->size(); ++i) {
    Group& group = (*groups)[i];
    if (i == baseline || group.is_unfinished) continue;
    for (size_t metric = 0; metric < group.samples.size(); ++metric) {
      BaselineDifference compared;
      compared.difference =
          DifferenceOf(group.samples[metric],
                       (*groups)[baseline].samples[metric], confidence);
      group.differences.push_back(compared);
    }
  }
  const size_t metrics = (*groups)[baseline].samples.size();
  for (size_t metric = 0; metric < metrics; ++metric) {
    std::vector<BaselineDifference*> compared;
    std::vector<std::optional<double>> p_values;
    for (Group& group : *groups) {
      if (group.differences.empty()) continue;
      compared.push_back(&group.differences[metric]);
      p_values.push_back(compared.back()->difference.p_value);
    }
    const auto adjusted = HolmAdjusted(p_values);
    for (size_t i = 0; i < compared.size(); ++i) {
      compared[i]->p_holm = adjusted[i];
      compared[i]->told_apart =
          adjusted[i].has_value() && *adjusted[i] < 1 - confidence;
    }
  }
}

}  // namespace snclr
