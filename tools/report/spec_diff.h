// SPDX-License-Identifier: MIT
// In what the specs of runs differ.
#ifndef TOOLS_REPORT_SPEC_DIFF_H_
#define TOOLS_REPORT_SPEC_DIFF_H_

#include <map>
#include <string>
#include <vector>

namespace snclr {

// A flattened spec: value by path (Tracker::Parameters).
using Parameters = std::map<std::string, std::string>;

// Whether a run's numbers may depend on the field: not one that
// experiment.proto marks neutral, nor seed and name. A path that this program
// does not know counts: it is of another version.
bool DecidesNumbers(const std::string& path);

// The most common value of each field; among equally common ones the first in
// the specs' order. "" where most have none.
Parameters CommonSpec(const std::vector<Parameters>& specs);

struct FieldDifference {
  std::string path;
  std::string value;   // "" where this spec has none
  std::string common;  // "" where the other has none
};

// What a spec has otherwise than `common`, sorted by path.
std::vector<FieldDifference> DiffFrom(const Parameters& spec,
                                      const Parameters& common);

}  // namespace snclr

#endif  // TOOLS_REPORT_SPEC_DIFF_H_
