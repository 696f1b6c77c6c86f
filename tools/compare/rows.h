// SPDX-License-Identifier: MIT
#ifndef TOOLS_COMPARE_ROWS_H_
#define TOOLS_COMPARE_ROWS_H_

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace snclr {

// What stands at the front of a row, and the group that it shows: the same for
// every format.
struct Row {
  std::vector<std::string> keys;
  bool is_baseline = false;
  const Group* group = nullptr;
};

// The groups, or where there is an ablation its rows, with factor and value as
// keys. The comparison must outlive them.
std::vector<Row> RowsOf(const Comparison& comparison);
std::vector<std::string> KeyTitles(const Comparison& comparison);

// "2 failed, 1 running"
std::string LeftOut(const Comparison& comparison, const Group& group);

// "paired" or "welch"; "" for none.
std::string TestName(DifferenceTest test);

}  // namespace snclr

#endif  // TOOLS_COMPARE_ROWS_H_
