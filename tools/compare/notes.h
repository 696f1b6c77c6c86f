// SPDX-License-Identifier: MIT
#ifndef TOOLS_COMPARE_NOTES_H_
#define TOOLS_COMPARE_NOTES_H_

#include <string>
#include <vector>

#include "tools/compare/comparison.h"

namespace snclr {

// What a reader of a comparison has to know, a line each: which value of a
// metric is shown and how groups are tested, then what tables hide (runs left
// out, runs without a metric, single runs), then, with "caution: " in front,
// why a difference may be none: not told apart from seed noise, or runs that
// differ in more than what is compared.
std::vector<std::string> Notes(const Comparison& comparison);

// "95 %"
std::string Percent(double confidence);

}  // namespace snclr

#endif  // TOOLS_COMPARE_NOTES_H_
