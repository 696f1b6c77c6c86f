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
  // Each a name, or several with commas; one with a comma in double quotes.
  std::vector<std::string> metrics;
  // Names with commas. "run": one by one. Empty: by spec if there are metrics.
  std::string group_by;
  std::vector<std::string> where;  // all must hold
  std::string baseline;            // conditions that one group fits
  bool ablation = false;
  std::string value = "last";
  double confidence = 0.95;
  std::string format = "table";
};

// Writes the comparison to `out`. What a reader should know besides (notes.h,
// warnings) follows the table, or goes to `notes` where `out` is for a program
// (CSV, JSON, LaTeX). No run, or none that matches: says so and is OK, `out`
// being an empty array, table or line; a program can then tell it from a
// failure.
absl::Status RunCompare(const CompareOptions& options, std::ostream& out,
                        std::ostream& notes);

}  // namespace snclr

#endif  // TOOLS_COMPARE_COMPARE_H_
