// SPDX-License-Identifier: MIT
#ifndef TOOLS_COMPARE_COMPARISON_H_
#define TOOLS_COMPARE_COMPARISON_H_

#include <string>
#include <vector>

#include "tools/compare/aggregate.h"
#include "tools/compare/select.h"

namespace snclr {

// What is shown: runs one by one, or groups where there is a group_by.
struct Comparison {
  std::vector<std::string> metrics;
  std::vector<std::string> group_by;
  std::vector<SelectedRun> runs;
  std::vector<Group> groups;
};

}  // namespace snclr

#endif  // TOOLS_COMPARE_COMPARISON_H_
