// SPDX-License-Identifier: MIT
// Which runs belong together when nobody says by which field.
#ifndef TOOLS_COMPARE_GROUPING_H_
#define TOOLS_COMPARE_GROUPING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tools/compare/select.h"
#include "tools/compare/settings.h"

namespace snclr {

struct Grouping {
  std::vector<std::string> columns;            // what tells groups apart
  std::vector<std::vector<std::string>> keys;  // for each run, by column
  // Settings in which groups differ as well, where there are too many for a
  // table. What they tell apart, the columns do too.
  std::vector<std::string> also_differ;
};

// Runs whose specs are equal in all that may change a number, but for the seed,
// are one group. Only settings in which runs differ become columns, at most
// `max_columns` unless it takes more to tell the groups apart; then the runs'
// names come first where each group has one of its own. Of several methods, the
// settings of one of them count where runs of that method differ in them, and
// of a field that some runs lack (of another encoder, say) only what nothing
// else tells.
Grouping GroupBySpec(const std::vector<SelectedRun>& runs,
                     const Settings& settings, size_t max_columns = 4);

}  // namespace snclr

#endif  // TOOLS_COMPARE_GROUPING_H_
