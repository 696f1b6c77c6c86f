// SPDX-License-Identifier: MIT
// What a run can be selected and grouped by: its record's fields and every
// parameter of its spec, all as texts.
#ifndef TOOLS_COMPARE_RUN_FIELDS_H_
#define TOOLS_COMPARE_RUN_FIELDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/tracker/tracker.h"

namespace snclr {

// "run", "name", "method", "seed", "status", ...: what every run has.
const std::vector<std::string>& RecordFieldNames();

// A record field as a text. `name` must be one of RecordFieldNames.
std::string RecordField(const RunRecord& run, const std::string& name);

// The fields of some names, for all runs.
class RunFields {
 public:
  // InvalidArgument for a name that no run has, with the one that was probably
  // meant; `flag` stands in front ("--group_by"). The tracker must outlive
  // this.
  explicit RunFields(const Tracker& tracker) : tracker_(tracker) {}
  absl::Status Add(const std::string& flag, const std::string& name);

  // "" where the run does not have it. Only for names that were added.
  std::string Get(const RunRecord& run, const std::string& name) const;

 private:
  const Tracker& tracker_;
  std::map<std::string, std::map<int64_t, std::string>> parameters_;
};

}  // namespace snclr

#endif  // TOOLS_COMPARE_RUN_FIELDS_H_
