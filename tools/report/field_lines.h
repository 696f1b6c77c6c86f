// SPDX-License-Identifier: MIT
// A metric against one field of the spec, everything else equal.
#ifndef TOOLS_REPORT_FIELD_LINES_H_
#define TOOLS_REPORT_FIELD_LINES_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tools/report/report_groups.h"

namespace snclr {

struct FieldLine {
  std::string label;  // what else the groups are; "" for the only line
  // A value of the field, and the group that has it; in the order of values.
  std::vector<std::pair<std::string, size_t>> points;
};

struct FieldLines {
  std::string field;
  std::vector<std::string> values;  // of the field, numbers by size
  std::vector<FieldLine> lines;
};

// One for each field in which groups differ, but the method. Groups are on one
// line where they differ in this field alone: of runs grouped by their whole
// spec in no other setting, else in no other column. A line has at least two
// points, and a field without a line is left out.
std::vector<FieldLines> AllFieldLines(const ReportGroups& groups);

}  // namespace snclr

#endif  // TOOLS_REPORT_FIELD_LINES_H_
