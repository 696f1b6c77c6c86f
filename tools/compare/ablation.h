// SPDX-License-Identifier: MIT
// An ablation: one spec, and others that differ from it in one field each.
#ifndef TOOLS_COMPARE_ABLATION_H_
#define TOOLS_COMPARE_ABLATION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tools/compare/aggregate.h"
#include "tools/compare/select.h"
#include "tools/compare/settings.h"

namespace snclr {

// One value of one factor, all else being the baseline's. Every factor has a
// row for the baseline's own value too.
struct AblationRow {
  std::string factor;  // "snclr.neighbors"
  std::string value;   // "" where it is unset
  bool is_baseline = false;
  size_t group = 0;
};

struct Ablation {
  std::vector<AblationRow> rows;  // by factor, then by value
  // Groups that differ from the baseline in several factors: what they show
  // can't be said to come from one.
  std::vector<size_t> several;
};

// Groups of runs with one spec each, as GroupBySpec makes them. Another method
// is one factor, "method", with all of its own settings.
Ablation MakeAblation(const Settings& settings,
                      const std::vector<SelectedRun>& runs,
                      const std::vector<Group>& groups, size_t baseline);

// The groups from which the most others differ in one factor: the spec that the
// others were made from, if there is just one.
std::vector<size_t> CentralGroups(const Settings& settings,
                                  const std::vector<SelectedRun>& runs,
                                  const std::vector<Group>& groups);

}  // namespace snclr

#endif  // TOOLS_COMPARE_ABLATION_H_
