// SPDX-License-Identifier: MIT
// //experiments:sweep as its users run it, for tests.
#ifndef EXPERIMENTS_SWEEP_SWEEP_PROCESS_H_
#define EXPERIMENTS_SWEEP_SWEEP_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "experiments/tracker/tracker.h"
#include "snclr/core/base/program_testing.h"

namespace snclr {

// A sweep in a folder of its own: sweep.textproto, tiny.textproto, out/, and
// what all its processes printed.
class SweepProcess {
 public:
  // `sweep`: the text of the sweep's file.
  SweepProcess(const std::string& folder, const std::string& sweep);

  // Starts the program with --sweep, --out and these flags.
  pid_t Start(const std::vector<std::string>& flags) const;

  // As TestProgram's.
  static int Wait(pid_t process) { return TestProgram::Wait(process); }
  int Run(const std::vector<std::string>& flags) const {
    return Wait(Start(flags));
  }
  std::string log() const { return program_.log(); }
  int CountInLog(const std::string& text) const {
    return program_.CountInLog(text);
  }
  bool WaitForLog(const std::string& text) const {
    return program_.WaitForLog(text);
  }

  std::string out() const { return folder_ + "/out"; }
  std::vector<RunRecord> Runs() const;

 private:
  const std::string folder_;
  const TestProgram program_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_SWEEP_PROCESS_H_
