// SPDX-License-Identifier: MIT
// Groups, or the rows of an ablation, as a table.
#ifndef TOOLS_COMPARE_GROUP_TABLE_H_
#define TOOLS_COMPARE_GROUP_TABLE_H_

#include "tools/compare/comparison.h"
#include "tools/compare/table.h"

namespace snclr {

// For readers: rounded, a metric as "mean ± deviation". One metric has its
// interval beside it. Against a baseline there are the difference with its
// interval, p and a verdict ("higher", "lower", "not told apart"); of several
// metrics then each group has a row for each of them, but an ablation, whose
// metrics are columns: there a '*' says that a difference is told apart.
Table GroupTable(const Comparison& comparison);

// For programs: every digit. A metric has the columns <metric>, _std, _n,
// _ci_low and _ci_high, and against a baseline _difference, its _ci_low and
// _ci_high, _test, _p and _p_holm.
Table ExactGroupTable(const Comparison& comparison);

}  // namespace snclr

#endif  // TOOLS_COMPARE_GROUP_TABLE_H_
