// SPDX-License-Identifier: MIT
#include "tools/compare/rows.h"

#include <cstddef>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/tracker/run_status.h"

namespace snclr {

std::vector<Row> RowsOf(const Comparison& comparison) {
  std::vector<Row> rows;
  if (comparison.query.ablation) {
    for (const AblationRow& row : comparison.ablation) {
      rows.push_back({{row.factor, row.value},
                      row.is_baseline,
                      &comparison.groups[row.group]});
    }
    return rows;
  }
  for (size_t i = 0; i < comparison.groups.size(); ++i) {
    rows.push_back({comparison.groups[i].keys, comparison.baseline == i,
                    &comparison.groups[i]});
  }
  return rows;
}

std::vector<std::string> KeyTitles(const Comparison& comparison) {
  if (comparison.query.ablation) return {"factor", "value"};
  return comparison.columns;
}

std::string LeftOut(const Comparison& comparison, const Group& group) {
  std::map<std::string, int> counts;
  for (const size_t run : group.left_out) {
    ++counts[RunStatusName(comparison.runs[run].record.status)];
  }
  std::vector<std::string> parts;
  for (const auto& [status, count] : counts) {
    parts.push_back(absl::StrCat(count, " ", status));
  }
  return absl::StrJoin(parts, ", ");
}

std::string TestName(DifferenceTest test) {
  switch (test) {
    case DifferenceTest::kPaired:
      return "paired";
    case DifferenceTest::kWelch:
      return "welch";
    case DifferenceTest::kNone:
      break;
  }
  return "";
}

}  // namespace snclr
