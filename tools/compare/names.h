// SPDX-License-Identifier: MIT
#ifndef TOOLS_COMPARE_NAMES_H_
#define TOOLS_COMPARE_NAMES_H_

#include <string>
#include <vector>

namespace snclr {

// "a, b" and "c" as a, b, c; a name that is given twice counts once. One that
// begins with a double quote goes on to the closing one, commas and all: "" in
// it is a quote, as in CSV.
std::vector<std::string> Names(const std::vector<std::string>& lists);

}  // namespace snclr

#endif  // TOOLS_COMPARE_NAMES_H_
