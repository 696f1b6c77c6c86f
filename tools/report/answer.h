// SPDX-License-Identifier: MIT
// What the runs say, in a sentence or two.
#ifndef TOOLS_REPORT_ANSWER_H_
#define TOOLS_REPORT_ANSWER_H_

#include <string>

#include "tools/report/report_groups.h"

namespace snclr {

// About the first metric: which group is best, by how much against the baseline
// (or, where the baseline is best, against the next one), and whether seeds
// alone may explain it. It claims a difference only where the corrected p-value
// is below 0.05. Where nothing has finished it says so.
std::string Answer(const ReportGroups& groups);

// With the digits that a reader compares: 55.83, 0.0123, 1234.5.
std::string FormatNumber(double value);

}  // namespace snclr

#endif  // TOOLS_REPORT_ANSWER_H_
