// SPDX-License-Identifier: MIT
// The command: options as typed, a database, and text on two streams.
#ifndef TOOLS_COMPARE_COMPARE_H_
#define TOOLS_COMPARE_COMPARE_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace snclr {

struct CompareOptions {
  std::string db_path;
  std::vector<std::string> metrics;  // each a name, or several with commas
  std::string group_by;              // names with commas
  std::vector<std::string> where;    // all must hold
  std::string value = "last";
  std::string format = "table";
};

// Writes the comparison to `out`. What a reader should know besides (which
// value of a metric is shown, runs left out of means, fields that differ,
// warnings) follows the table, or goes to `notes` where `out` is for a program
// (CSV, JSON, LaTeX). No run, or none that matches: says so and is OK, `out`
// being an empty array, table or line; a program can then tell it from a
// failure.
absl::Status RunCompare(const CompareOptions& options, std::ostream& out,
                        std::ostream& notes);

}  // namespace snclr

#endif  // TOOLS_COMPARE_COMPARE_H_
