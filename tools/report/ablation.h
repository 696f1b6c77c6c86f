// SPDX-License-Identifier: MIT
// A metric against one field of the spec, everything else equal.
#ifndef TOOLS_REPORT_ABLATION_H_
#define TOOLS_REPORT_ABLATION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "tools/report/grouping.h"

namespace snclr {

struct AblationSeries {
  std::string label;  // the groups' other fields; "" where there are none
  std::vector<size_t> groups;  // in the order of the field's values
};

struct Ablation {
  std::string field;
  std::vector<std::string> values;  // of the field, numbers by size
  std::vector<AblationSeries> series;
};

// One for each field that groups are made by, but the method. Groups belong to
// one series where they differ in this field alone; a series of one value is
// none, and a field without a series is left out.
std::vector<Ablation> Ablations(const Grouping& grouping);

}  // namespace snclr

#endif  // TOOLS_REPORT_ABLATION_H_
