// SPDX-License-Identifier: MIT
#include "experiments/sweep/sweep_process.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "experiments/sweep/sweep_testing.h"

namespace snclr {

SweepProcess::SweepProcess(const std::string& folder, const std::string& sweep)
    : folder_(folder),
      program_("experiments/sweep/sweep_main", folder + "/log") {
  WriteSweep(folder_, sweep);
}

pid_t SweepProcess::Start(const std::vector<std::string>& flags) const {
  std::vector<std::string> all = {
      absl::StrCat("--sweep=", folder_, "/sweep.textproto"),
      absl::StrCat("--out=", out())};
  all.insert(all.end(), flags.begin(), flags.end());
  return program_.Start(all);
}

std::vector<RunRecord> SweepProcess::Runs() const {
  auto tracker = Tracker::Open(DefaultTrackerPath(out()));
  EXPECT_TRUE(tracker.ok()) << tracker.status();
  if (!tracker.ok()) return {};
  auto runs = (*tracker)->Runs();
  EXPECT_TRUE(runs.ok()) << runs.status();
  return runs.ok() ? *runs : std::vector<RunRecord>();
}

}  // namespace snclr
