// SPDX-License-Identifier: MIT
// In what runs differ besides what is compared. A difference in a result is a
// difference in the compared field only if nothing else differs, so a
// comparison that is not clean says so.
#ifndef TOOLS_COMPARE_DIFFERENCES_H_
#define TOOLS_COMPARE_DIFFERENCES_H_

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace snclr {

// One sentence for each: runs of one group that differ in more than the seed
// (fields of the spec, data, code, device), runs of one group that repeat a
// seed; groups that differ in more than what they are grouped by, that have
// different seeds, that train for different lengths. Fields that only say how a
// run is named or watched do not count, nor do a method's own settings between
// groups of several methods.
std::vector<std::string> DifferenceNotes(const Comparison& comparison);

}  // namespace snclr

#endif  // TOOLS_COMPARE_DIFFERENCES_H_
