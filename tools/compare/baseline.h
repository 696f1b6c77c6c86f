// SPDX-License-Identifier: MIT
// Every group against one of them.
#ifndef TOOLS_COMPARE_BASELINE_H_
#define TOOLS_COMPARE_BASELINE_H_

#include <cstddef>
#include <vector>

#include "tools/compare/aggregate.h"
#include "tools/compare/condition.h"
#include "tools/compare/run_fields.h"
#include "tools/compare/select.h"

namespace snclr {

// The groups of finished runs for all of whose runs all conditions hold.
// `fields` has those that the conditions name.
std::vector<size_t> GroupsThatFit(const std::vector<Condition>& conditions,
                                  const RunFields& fields,
                                  const std::vector<SelectedRun>& runs,
                                  const std::vector<Group>& groups);

// Fills the differences of the other groups. The p-values of one metric are
// corrected for their number (Holm): who tries twenty variants will find one
// that is "better" by chance.
void CompareWith(size_t baseline, double confidence,
                 std::vector<Group>* groups);

}  // namespace snclr

#endif  // TOOLS_COMPARE_BASELINE_H_
