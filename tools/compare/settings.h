// SPDX-License-Identifier: MIT
// What may change the numbers of runs besides their seeds: every field of their
// specs that is not neutral, their method, data, device and code.
#ifndef TOOLS_COMPARE_SETTINGS_H_
#define TOOLS_COMPARE_SETTINGS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/tracker/tracker.h"
#include "tools/compare/select.h"

namespace snclr {

struct Setting {
  std::string path;         // "snclr.neighbors", "method", "git_commit"
  bool of_spec = false;     // else of the run's surroundings
  std::vector<int> values;  // for each run: an index of Settings.texts
};

struct Settings {
  static constexpr int kUnset = 0;

  std::vector<Setting> all;        // by path, "method" first
  std::vector<std::string> texts;  // texts[kUnset] is ""

  const std::string& Text(const Setting& setting, size_t run) const {
    return texts[setting.values[run]];
  }
};

// In the order of `runs`. Reads the database once, whatever the number of runs.
absl::StatusOr<Settings> LoadSettings(const Tracker& tracker,
                                      const std::vector<SelectedRun>& runs);

// Whether a setting of the spec belongs to one of these methods alone
// ("snclr.neighbors" to "snclr").
bool IsOfMethod(const Setting& setting, const std::string& method);

}  // namespace snclr

#endif  // TOOLS_COMPARE_SETTINGS_H_
